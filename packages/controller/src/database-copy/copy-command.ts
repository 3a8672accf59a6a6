import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CopyProgress,
  copyDatabase,
  type Database,
  type DatabaseSettings,
  openDatabase,
  parseDatabaseSettings,
  requireNoController,
  StorageError,
  sessionNameOf,
} from '@revtr/storage';

/** Percentage points between two lines of progress. */
const STEP = 5;
/** A file that every directory of an embedded database has. */
const MARK = 'PG_VERSION';

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
  const [from = '', to = '', ...others] = args;
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) return `copy-database has no option ${option}`;
  if (from === '' || to === '' || others.length > 0) return 'copy-database takes two databases, FROM and TO';
  if (from === to) return 'FROM and TO are the same database';
  if (from === 'memory:' || to === 'memory:') return 'memory: stores nothing';
  return { from: parseDatabaseSettings(from), to: parseDatabaseSettings(to) };
}

/**
 * Copies a database and writes what happens, a line at a time.
 * @throws {StorageError} `directoryNotEmpty`, those of {@link copyDatabase}, and the reason of `signal`
 */
export async function runCopy(
  { from: source, to: target }: CopyRequest,
  { write, signal }: { readonly write: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  requireDatabase(source);
  requireRoom(target);
  // No controller begins while the copy has sessions of this name.
  const own = sessionNameOf({ isAlone: true, id: `copy ${process.pid}` });
  const open = (settings: DatabaseSettings): Promise<Database> =>
    settings.kind === 'postgres'
      ? openDatabase({ ...settings, name: own }, { beforeMigration: (db) => requireNoController(db, own) })
      : openDatabase(settings);
  const from = await open(source);
  try {
    const to = await open(target);
    try {
      const { rows, tables } = await copyDatabase({ from, to, own }, { onProgress: inSteps(write), signal });
      write(`Copied ${rows.toLocaleString('en')} rows of ${tables} tables to ${placeOf(target)}.`);
      write('Both databases have the same contents.');
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** A mistyped directory must not become a new database. */
function requireDatabase(from: DatabaseSettings): void {
  if (from.kind !== 'embedded' || existsSync(join(from.directory, MARK))) return;
  const { directory } = from;
  throw new StorageError('nothingToCopy', `the directory ${directory} contains no database`, { directory });
}

/** The files of the database must not be among others. */
function requireRoom(to: DatabaseSettings): void {
  if (to.kind !== 'embedded' || !existsSync(to.directory) || existsSync(join(to.directory, MARK))) return;
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
