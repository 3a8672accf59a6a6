import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/**
 * Creates a directory that only its owner can enter, with missing parents, or restricts one that exists together with every
 * file in it: directories get mode 0700 and files 0600. Symbolic links inside are left alone.
 * @throws {StorageError} `unsafeDirectory` when it belongs to another user (who could open it again) or is not a directory
 */
export function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    throw unsafe(directory, error instanceof Error ? error.message : String(error));
  }
  const { uid } = statSync(directory);
  const ownUid = process.getuid?.();
  if (ownUid !== undefined && uid !== ownUid)
    throw unsafe(directory, `it belongs to user ${uid}, and this process runs as user ${ownUid}`);
  restrict(directory, statSync(directory).mode, DIRECTORY_MODE);
  restrictContent(directory);
}

function restrictContent(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      restrict(path, lstatSync(path).mode, DIRECTORY_MODE);
      restrictContent(path);
    } else if (entry.isFile()) restrict(path, lstatSync(path).mode, FILE_MODE);
  }
}

function restrict(path: string, mode: number, wanted: number): void {
  if ((mode & OTHERS) !== 0) chmodSync(path, wanted);
}

function unsafe(directory: string, reason: string): StorageError {
  return new StorageError('unsafeDirectory', `the data directory ${directory} cannot be used: ${reason}`, {
    directory,
    reason,
  });
}
