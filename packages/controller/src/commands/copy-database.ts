import { existsSync, readdirSync } from 'node:fs';
import {
  type CopyProgress,
  copyDatabase,
  type DatabaseSettings,
  LastLockHolder,
  lockHolder,
  parseDatabaseSettings,
  StorageError,
} from '@revtr/storage';
import type { CommandContext } from '../program/run-command.ts';
import { readTwo } from './read-two.ts';
import { isThere, openUnused, requireDatabase } from './unused-database.ts';

/** Percentage points between two lines of progress. */
const STEP = 5;

/** What `copy-database` is asked to do. */
export interface CopyRequest {
  readonly from: DatabaseSettings;
  readonly to: DatabaseSettings;
}

/**
 * Reads what follows `copy-database` on the command line: two different databases that keep their data. Returns a sentence if it is anything else.
 * @throws {StorageError} `badSettings`
 */
export function readCopyRequest(args: readonly string[]): CopyRequest | string {
  const two = readTwo(args, { command: 'copy-database', takes: 'two databases, FROM and TO' });
  if (typeof two === 'string') return two;
  const [from, to] = two;
  if (from === to) return 'FROM and TO are the same database';
  if (from === 'memory:' || to === 'memory:') return 'memory: stores nothing';
  return { from: parseDatabaseSettings(from), to: parseDatabaseSettings(to) };
}

/**
 * Copies a database and writes what happens, a line at a time.
 * @throws {StorageError} `noDatabase`, `directoryNotEmpty`, `databaseInUse`, `sameDatabase`, those of {@link copyDatabase}, and the reason of `signal`
 */
export async function runCopy(
  { from: source, to: target }: CopyRequest,
  { write, signal }: CommandContext,
): Promise<void> {
  requireDatabase(source);
  requireRoom(target);
  const holder = lockHolder();
  const from = await openUnused(source, { mustExist: true, holder, signal });
  try {
    // A controller that has lost its connection for a while must not go on with the database that was copied.
    await new LastLockHolder(from.db).replace(holder);
    const to = await openUnused(target, { mustExist: false, holder, signal });
    try {
      const { rows, tables } = await copyDatabase(
        { from, to },
        { onProgress: inSteps(write), signal: AbortSignal.any([signal, from.lost, to.lost]) },
      );
      write(`Copied ${rows.toLocaleString('en')} rows of ${tables} tables to ${placeOf(target)}.`);
      write('Both databases have the same contents.');
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** The files of the database must not be among others. */
function requireRoom(to: DatabaseSettings): void {
  if (to.kind !== 'embedded' || isThere(to) || !existsSync(to.directory)) return;
  const { directory } = to;
  if (readdirSync(directory).length > 0)
    throw new StorageError('directoryNotEmpty', `the directory ${directory} has other files: name an empty one`, {
      directory,
    });
}

function placeOf(settings: DatabaseSettings): string {
  if (settings.kind !== 'postgres') return settings.kind === 'embedded' ? settings.directory : 'memory';
  const { hostname, pathname, searchParams } = new URL(settings.url);
  return `PostgreSQL, database ${decodeURIComponent(pathname.slice(1))} at ${hostname || (searchParams.get('host') ?? 'this host')}`;
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
