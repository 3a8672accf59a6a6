import { chmodSync, closeSync, openSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import { hasCode } from '../files/has-code.ts';

const MOST_TRIES = 3;
const FILE_MODE = 0o600;
/** This file is never deleted: a process that waits for the lock of a deleted file would share nothing with one that makes it anew. */
const LOCK = '.revtr-lock';
const NUMBER = 'revtr.lock';
/** SQLITE_BUSY: another process has the lock. */
const BUSY = 5;

/** The locks of the data directories that this process has open. A lock that nothing refers to would end with a garbage collection. */
const locks = new Map<string, DatabaseSync>();

/**
 * Locks an existing data directory for this process: PGlite lets a second process in, which destroys data. The kernel holds the lock (`fcntl`) on the file
 * `.revtr-lock` and ends it with the process, in whatever container that runs: SQLite takes it, because Node.js itself cannot. Nothing else in this process
 * may open the file, because the lock ends when any descriptor of it is closed. The file `revtr.lock` holds the process number, for people and for
 * versions before this one, whose only lock it was.
 * @returns a function that removes the lock
 * @throws {StorageError} `directoryInUse`, `unsafeDirectory`
 */
export function lockDirectory(directory: string): () => void {
  const key = realpathSync(directory);
  if (locks.has(key)) throw inUse(directory, process.pid);
  const lock = tryLock(directory);
  if (lock === undefined) throw inUse(directory, readOwner(directory)?.pid);
  try {
    writeNumber(directory);
  } catch (error) {
    lock.close();
    throw error;
  }
  locks.set(key, lock);
  return () => {
    if (locks.get(key) !== lock) return;
    locks.delete(key);
    rmSync(join(directory, NUMBER), { force: true });
    lock.close();
  };
}

/** The lock of a directory; `undefined` while another process has it. */
function tryLock(directory: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    const path = join(directory, LOCK);
    lock = new DatabaseSync(path, { timeout: 0 });
    // The transaction lasts as long as the lock, and changes nothing: it needs no file for its journal.
    lock.exec('pragma journal_mode = memory; begin exclusive');
    chmodSync(path, FILE_MODE);
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    const reason = `it cannot be locked: ${error instanceof Error ? error.message : String(error)}`;
    const message = `the data directory ${directory} cannot be used: ${reason}`;
    throw new StorageError('unsafeDirectory', message, { directory, reason });
  }
}

/** Writes the process number of this process. @throws {StorageError} `directoryInUse` while a process of an earlier version has the directory */
function writeNumber(directory: string): void {
  for (let tries = 1; !createNumber(directory); tries++) {
    const owner = readOwner(directory);
    // A restarted container often runs its program under the same process number as before.
    const isStale = !owner?.isLock || owner.pid === process.pid || !isAlive(owner.pid);
    if (!isStale || tries === MOST_TRIES) throw inUse(directory, owner?.pid);
    rmSync(join(directory, NUMBER), { force: true });
  }
}

function createNumber(directory: string): boolean {
  try {
    const file = openSync(join(directory, NUMBER), 'wx', FILE_MODE);
    // The line end tells it from a number that an earlier version wrote.
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The process number in a directory, and whether it is itself the lock, of an earlier version. */
function readOwner(directory: string): { readonly pid: number; readonly isLock: boolean } | undefined {
  try {
    const text = readFileSync(join(directory, NUMBER), 'utf8');
    const pid = Number(text);
    return Number.isInteger(pid) && pid > 0 ? { pid, isLock: !text.endsWith('\n') } : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function inUse(directory: string, owner: number | undefined): StorageError {
  const holder = owner === undefined ? 'another process' : `process ${owner}`;
  return new StorageError('directoryInUse', `${holder} has the directory ${directory} open`, { directory, owner });
}
