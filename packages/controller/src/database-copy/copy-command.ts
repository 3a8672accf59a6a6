import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type CopyProgress,
  copyDatabase,
  type DatabaseSettings,
  openDatabase,
  parseDatabaseSettings,
  StorageError,
} from '@revtr/storage';

/** Percentage points between two lines of progress. */
const STEP = 5;

/** What `copy-database` is asked to do. */
export interface CopyRequest {
  readonly from: DatabaseSettings;
  readonly to: DatabaseSettings;
}

/** Reads what follows `copy-database` on the command line; `undefined` unless it is two different databases that are kept. */
export function readCopyRequest(args: readonly string[]): CopyRequest | undefined {
  let positionals: readonly string[];
  try {
    ({ positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} }));
  } catch {
    return undefined;
  }
  const [from = '', to = '', ...others] = positionals;
  if (others.length > 0 || from === to || [from, to].some((text) => text === '' || text === 'memory:'))
    return undefined;
  return { from: parseDatabaseSettings(from), to: parseDatabaseSettings(to) };
}

/**
 * Copies a database and writes what happens, a line at a time.
 * @throws {StorageError} `nothingToCopy`, `databaseNotEmpty`, `differentSchemas`, `copyDiffers`, and errors of both databases, and the reason of `signal`
 */
export async function runCopy(
  request: CopyRequest,
  { write, signal }: { readonly write: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  requireDirectory(request.from);
  const from = await openDatabase(request.from);
  try {
    const to = await openDatabase(request.to);
    try {
      const { rows, tables } = await copyDatabase({ from, to }, { onProgress: inSteps(write), signal });
      write(`Copied ${rows.toLocaleString('en')} rows of ${tables} tables. Both databases have the same contents.`);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** A mistyped directory must not become a new database. */
function requireDirectory(from: DatabaseSettings): void {
  if (from.kind === 'embedded' && !existsSync(from.directory))
    throw new StorageError('nothingToCopy', `there is no directory ${from.directory}`, { users: 0 });
}

/** Writes a line about every fifth percent. */
function inSteps(write: (line: string) => void): (progress: CopyProgress) => void {
  let last = '';
  return (progress) => {
    const { step, table, done } = progress;
    const all = progress.step === 'copying' ? progress.blocks : progress.tables;
    const percent = Math.floor((100 * done) / Math.max(1, all) / STEP) * STEP;
    const now = `${step} ${percent}`;
    if (now !== last) write(`${step === 'copying' ? 'Copying' : 'Comparing'}: ${percent} % (${table})`);
    last = now;
  };
}
