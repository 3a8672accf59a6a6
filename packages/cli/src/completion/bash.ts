import { type CompletedCommand, pathsOf, type Values } from './model.ts';
import { inSingleQuotes } from './quote.ts';

/**
 * A completion script for bash: commands, options and values. It looks up addresses and numbers with the program itself.
 * Bash Reference Manual, section "Programmable Completion".
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const branches = commands.map((command) => {
    const { subcommands, options, values } = command;
    const withValue = options.filter(({ takesValue }) => takesValue);
    const byOption = withValue.map(({ names, values: own }) => `        ${names.join('|')}) ${completeWith(own)} ;;`);
    return [
      `    ${inSingleQuotes(command.path.join(' '))})`,
      '      case $previous in',
      ...byOption,
      `        *) if [[ $current == -* ]]; then words=${inSingleQuotes(options.flatMap(({ names }) => names).join(' '))}`,
      subcommands.length > 0
        ? `           else words=${inSingleQuotes(subcommands.map(({ name }) => name).join(' '))}; fi ;;`
        : `           else ${completeWith(values)}; fi ;;`,
      '      esac ;;',
    ].join('\n');
  });
  const paths = pathsOf(commands);
  return `# bash completion for revtr; add to ~/.bashrc: source <(revtr completion bash)
_revtr() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= words= files= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case $word in
      ${paths.map(inSingleQuotes).join('|')}) path=$word ;;
    esac
  done
  case $path in
${branches.join('\n')}
  esac
  if [[ -n $files ]]; then COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames
  else COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o nosort -F _revtr revtr 2>/dev/null || complete -F _revtr revtr # bash before 4.4 always sorts
`;
}

function completeWith(values: Values | undefined): string {
  if (values === undefined) return 'words=';
  if (values.kind === 'files') return 'files=1';
  return values.kind === 'words'
    ? `words=${inSingleQuotes(values.words.join(' '))}`
    : `words=$(revtr completion values ${values.kind} 2>/dev/null | cut -f1)`;
}
