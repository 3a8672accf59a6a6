import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatasetError, emptyFile, tooLarge } from '../errors.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const DAY_MS = 86_400_000;

/** The ending of files that are being written. */
export const PART = '.part';

/** Whether an error of the file system has a code. */
export const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** What identifies the content of a file. */
export interface FileDigest {
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Creates a directory that only its owner can enter, or restricts one that exists, and removes parts of files that an earlier
 * process left. @throws {DatasetError} `badDirectory`
 */
export async function openDirectory(directory: string, now: number): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    await chmod(directory, DIRECTORY_MODE);
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      // Another process may use the directory: a part that is young may be one that it writes now, and one may be gone by now.
      if (name.endsWith(PART) && now - (await modifiedMs(path)) > DAY_MS) await rm(path, { force: true });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError('badDirectory', `the directory of the datasets cannot be used: ${reason}`, {
      directory,
      reason,
    });
  }
}

/** When a file was changed last, milliseconds since the Unix epoch; never, if it is gone. */
async function modifiedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/** Writes a stream to a new file that only its owner can read. @throws {DatasetError} `empty`, `tooLarge` */
export async function writeNew(content: Readable, path: string, mostBytes: number): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) done(tooLarge(mostBytes, 'fileBytes'));
      else done(null, chunk);
    },
  });
  await pipeline(content, watch, createWriteStream(path, { flags: 'wx', mode: FILE_MODE }));
  if (bytes === 0) throw emptyFile('the file is empty');
  // A file must be on the disk before it is renamed, or a power cut could leave an empty one in its place.
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
  return { sha256: hash.digest('hex'), bytes };
}

/** Replaces a file by one that only its owner can read, in one step. Returns the identity of the new one. */
export async function replaceText(path: string, text: string): Promise<string> {
  const part = `${path}.${randomUUID()}${PART}`;
  try {
    await writeFile(part, text, { flag: 'wx', mode: FILE_MODE });
    // A moment later, another process may have replaced it.
    const identity = await identityOf(part);
    await rename(part, path);
    return identity;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Tells a file from another one in its place, without reading it; it stays the same when the file is renamed. A file that is missing has an identity as well. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path).catch(() => ({ dev: 0, ino: 0, size: 0, mtimeMs: 0 }));
  return `${dev} ${ino} ${size} ${mtimeMs}`;
}

/** Reads a file to describe it. */
export async function digestOf(path: string): Promise<FileDigest & { readonly modifiedAt: Date }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const { size, mtime } = await stat(path);
  return { sha256: hash.digest('hex'), bytes: size, modifiedAt: mtime };
}
