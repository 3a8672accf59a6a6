import { closeSync, openSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';

const MOST_TRIES = 3;
const FILE_MODE = 0o600;

/** Data directories that this process has open. */
const openDirectories = new Set<string>();

/**
 * Locks an existing data directory for this process: PGlite lets a second process in, which destroys data. The lock file
 * `revtr.lock` holds the process number. A lock whose process has ended is taken over.
 * @returns a function that removes the lock
 * @throws {StorageError} `directoryInUse`
 */
export function lockDirectory(directory: string): () => void {
  const key = realpathSync(directory);
  if (openDirectories.has(key)) throw inUse(directory, process.pid);
  const path = join(directory, 'revtr.lock');
  for (let tries = 1; !createLock(path); tries++) {
    const owner = Number(readFileSync(path, 'utf8'));
    // A restarted container often runs its program under the same process number as before.
    const isStale = !Number.isInteger(owner) || owner <= 0 || owner === process.pid || !isAlive(owner);
    if (!isStale || tries === MOST_TRIES) throw inUse(directory, owner);
    rmSync(path, { force: true });
  }
  openDirectories.add(key);
  return () => {
    rmSync(path, { force: true });
    openDirectories.delete(key);
  };
}

function createLock(path: string): boolean {
  try {
    const file = openSync(path, 'wx', FILE_MODE);
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function inUse(directory: string, owner: number): StorageError {
  return new StorageError('directoryInUse', `process ${owner} has the directory ${directory} open`, {
    directory,
    owner,
  });
}
