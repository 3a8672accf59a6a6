import { type CompletedCommand, type CompletedOption, pathsOf, type Values } from './model.ts';
import { inSingleQuotes } from './quote.ts';

/** A completion script for zsh, with descriptions (zshcompsys(1)). */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const branches = commands.map(({ path, subcommands, options, values }) => {
    const rest = subcommands.length > 0 ? `'*: :->subcommand'` : inSingleQuotes(`*: :${actionOf(values)}`);
    const described = subcommands.map(({ name, description }) =>
      inSingleQuotes(`${name}:${description.replaceAll(':', '\\:')}`),
    );
    return [
      `    ${inSingleQuotes(path.join(' '))})`,
      `      _arguments -s -S ${[...options.flatMap(specsOf), rest].join(' \\\n        ')}`,
      ...(subcommands.length > 0
        ? [
            `      [[ $state == subcommand ]] && { local -a commands=(${described.join(' ')}); _describe command commands }`,
          ]
        : []),
      '      ;;',
    ].join('\n');
  });
  const paths = pathsOf(commands);
  return `#compdef revtr
# zsh completion for revtr; add to ~/.zshrc after compinit: source <(revtr completion zsh)
_revtr_values() {
  # _arguments puts options of its own before the kind.
  local -a found=(\${(f)"$(revtr completion values \${@[-1]} 2>/dev/null | sed 's/:/\\\\:/g' | tr '\\t' ':')"})
  _describe -V value found
}
_revtr() {
  local path_of_command= word state
  integer i depth=0
  for ((i = 2; i < CURRENT; i++)); do
    word="\${path_of_command:+$path_of_command }\${words[i]}"
    case $word in
      ${paths.map((path) => path.replaceAll(' ', '\\ ')).join('|')}) path_of_command=$word; depth=$((i - 1)) ;;
    esac
  done
  words=("\${words[1]}" "\${(@)words[depth+2,-1]}")
  ((CURRENT -= depth))
  case $path_of_command in
${branches.join('\n')}
  esac
}
compdef _revtr revtr
`;
}

function specsOf({ names, description, takesValue, values }: CompletedOption): string[] {
  const text = description.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`);
  const action = takesValue ? `:value:${actionOf(values)}` : '';
  const exclusion = names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => inSingleQuotes(`${exclusion}${name}[${text}]${action}`));
}

function actionOf(values: Values | undefined): string {
  // With a single space, which means the same, zsh would not complete options either.
  if (values === undefined) return '()';
  if (values.kind === 'files') return '_files';
  return values.kind === 'words' ? `(${values.words.join(' ')})` : `_revtr_values ${values.kind}`;
}
