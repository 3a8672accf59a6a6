import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KernelLabError } from '../../namespaces/errors.ts';

const MOST_OUTPUT = 2 ** 30;
/** A server that does not answer is as good as none. */
const TIMEOUT_MS = 60_000;

/**
 * Runs SQL with psql through the Unix socket in a directory, and returns its output without decoration. The code under test has no part in it.
 * @throws {KernelLabError} `commandFailed`
 */
export async function psql(directory: string, sql: string): Promise<string> {
  const args = ['-h', directory, '-U', 'revtr', '-d', 'postgres', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql];
  try {
    const { stdout } = await promisify(execFile)('psql', args, { maxBuffer: MOST_OUTPUT, timeout: TIMEOUT_MS });
    return stdout.trimEnd();
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    throw new KernelLabError('commandFailed', `psql: ${output}`, { command: `psql -c ${sql}`, output });
  }
}
