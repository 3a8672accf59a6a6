import { type CompletedCommand, type CompletedOption, pathsOf, type Values } from './model.ts';

/** A completion script for fish, with descriptions (fish, "Writing your own completions"). */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const paths = pathsOf(commands);
  const lines = commands.flatMap(({ path, subcommands, options, values }) => {
    const at = `complete -c revtr -n ${quoted(`__revtr_at ${quoted(path.join(' '))}`)}`;
    return [
      ...subcommands.map(({ name, description }) => `${at} -f -a ${name} -d ${quoted(description)}`),
      ...options.map((option) => `${at} ${optionOf(option)}`),
      `${at} ${values?.kind === 'files' ? '-F' : '-f'}${wordsOf(values)}`,
    ];
  });
  return `# fish completion for revtr; write it to ~/.config/fish/completions/revtr.fish
function __revtr_at
    set -l path ''
    for word in (commandline -opc)[2..]
        set -l longer (string trim -- "$path $word")
        if contains -- $longer ${paths.map(quoted).join(' ')}
            set path $longer
        end
    end
    test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function optionOf({ names, description, takesValue, values }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = takesValue ? [`${values?.kind === 'files' ? '-r -F' : '-x'}${wordsOf(values)}`] : [];
  return [...flags, ...value, `-d ${quoted(description)}`].join(' ');
}

function wordsOf(values: Values | undefined): string {
  if (values === undefined || values.kind === 'files') return '';
  const words =
    values.kind === 'words' ? values.words.join(' ') : `(revtr completion values ${values.kind} 2>/dev/null)`;
  return ` -a ${quoted(words)}`;
}

/** A word in single quotes, in which fish knows two escapes. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;
