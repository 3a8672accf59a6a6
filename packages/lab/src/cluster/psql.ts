import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KernelLabError } from '../namespaces/errors.ts';

const MOST_OUTPUT = 2 ** 30;
/** A server that does not answer is as good as none. */
const TIMEOUT_MS = 60_000;

/**
 * Runs statements with the real `psql`, which knows no version of the schema: the code under test has no part in it. Returns the rows as text, one
 * in each element, with `|` between columns.
 * @throws {KernelLabError} `commandFailed`
 */
export async function psql(url: string, statements: string): Promise<string[]> {
  const args = ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', statements];
  try {
    const { stdout } = await promisify(execFile)('psql', args, { maxBuffer: MOST_OUTPUT, timeout: TIMEOUT_MS });
    return stdout.split('\n').filter((line) => line !== '');
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    throw new KernelLabError('commandFailed', `psql: ${output}`, { command: `psql -c ${statements}`, output });
  }
}

/** A text as a literal of SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
