/**
 * Parses the arguments of a program. If `parse` rejects them, as `parseArgs` of `node:util` does, the function prints the reason and
 * `help` to standard error, and ends the process with exit code 2.
 */
export function parseOrExit<Options>(parse: () => Options, help: string): Options {
  try {
    return parse();
  } catch (error) {
    const isAboutArguments =
      error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    if (!isAboutArguments) throw error;
    process.stderr.write(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}
