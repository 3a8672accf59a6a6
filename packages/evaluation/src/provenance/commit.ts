import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A run adds to the ledger itself, and must still find its own stored results. */
const ALL_BUT_LEDGER = [':(top)', ':(top,exclude)packages/evaluation/seed-ledger.jsonl'];

/**
 * The commit that the figures of a run come from: the short name of the commit that is checked out in `directory` (default: that of this file),
 * followed by `+` if tracked files differ from it. `unknown` outside a repository and without Git.
 */
export async function currentCommit(directory: string = import.meta.dirname): Promise<string> {
  const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: directory })).stdout.trim();
  try {
    const commit = await git('rev-parse', '--short', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no', '--', ...ALL_BUT_LEDGER);
    return changes === '' ? commit : `${commit}+`;
  } catch {
    return 'unknown';
  }
}
