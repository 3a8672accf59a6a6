import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { ChaosError } from './errors.ts';

/** A campaign of a million measurements has a record of 70 MB, and what the database holds of it takes 170 MB. */
const MOST_BYTES = 400_000_000;

/**
 * Reads a file of an earlier run; `parse` gets its text.
 * @throws {ChaosError} `unreadableRun` when the file is missing, has more than 400 MB, or `parse` rejects it
 */
export function readRunFile<T>(file: string, parse: (text: string) => T): T {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new RangeError(`the file has ${size} bytes, more than ${MOST_BYTES}`);
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ChaosError('unreadableRun', `${file}: ${reason}`, { file });
  }
}

/** Parses the lines of a file. A last line that is cut short, because its writer was killed, is left out. */
export const parseLines = <T>(text: string, schema: z.ZodType<T>): T[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => schema.parse(JSON.parse(line)));
