import { CliError, EXIT } from '../exit-codes.ts';

/** The seed that an option names. @throws {CliError} */
export function readSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new CliError(EXIT.usage, `'${text}' is not a seed: give an integer`);
  return seed;
}
