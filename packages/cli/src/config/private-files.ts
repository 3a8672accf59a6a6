import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, unreadableFile } from '../errors.ts';
import type { PrivateFiles } from '../terminal.ts';

/** Largest file that is read, bytes. */
const MOST_BYTES = 2 ** 20;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Files on disk that only their owner may read, as OpenSSH demands of private keys. */
export const privateFilesOnDisk: PrivateFiles = {
  async read(path) {
    try {
      const file = await open(path);
      try {
        const { mode, size } = await file.stat();
        if ((mode & OTHERS) !== 0) throw unsafe(path, (mode & 0o777).toString(8));
        if (size > MOST_BYTES) throw new Error(`the file exceeds ${MOST_BYTES} bytes`);
        return await file.readFile('utf8');
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw unreadableFile(path, error);
    }
  },

  async write(path, text) {
    // The file is replaced in one step: an interruption leaves the old one or the new one.
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', OWNER_ONLY);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError('unwritableFile', `cannot write ${path}: ${reason}`, { path, reason });
    }
  },
};

const unsafe = (path: string, mode: string): CliError =>
  new CliError('unsafeFile', `other users may read ${path} (mode ${mode}): run chmod 600 ${path}`, { path, mode });
