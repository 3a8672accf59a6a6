/** Reads the two arguments of a command that has no options. Returns a sentence if there is anything else. `takes`: what the arguments are. */
export function readTwo(
  args: readonly string[],
  { command, takes }: { readonly command: string; readonly takes: string },
): readonly [string, string] | string {
  const [first = '', second = '', ...others] = args;
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) return `${command} has no option ${option}`;
  return first === '' || second === '' || others.length > 0 ? `${command} takes ${takes}` : [first, second];
}
