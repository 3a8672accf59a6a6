import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';

/**
 * Keeps a second process out of a data directory: the embedded database would let it in and lose data. The file holds the
 * process number; one left behind by a process that has died is taken over. Returns how to give the lock back.
 * @throws {StorageError} `directoryInUse`
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'revtr.lock');
  for (let tries = 0; ; tries++) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || tries > 2) throw error;
    }
    const owner = Number(readFileSync(path, 'utf8'));
    if (Number.isInteger(owner) && owner > 0 && owner !== process.pid && isAlive(owner)) {
      throw new StorageError('directoryInUse', `${directory} is used by process ${owner}`, { directory, owner });
    }
    if (owner === process.pid)
      throw new StorageError('directoryInUse', `${directory} is open already`, { directory, owner });
    rmSync(path, { force: true });
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
