import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where an empty cluster is kept, and by which programs it was made. */
export interface EmptyClusterOptions {
  /** Directory of compiled programs. Default: none, and nothing is kept. */
  readonly directory?: string | undefined;
  /** Digest of the programs of PGlite: others may have another format. */
  readonly programs: string;
}

/**
 * A database cluster without tables, as PGlite creates it, in a file: to create one takes several times the processor time of loading it. The file is kept where
 * Node.js keeps compiled programs if the environment variable `NODE_COMPILE_CACHE` names a directory. Who can write there can change programs as well.
 */
export class EmptyCluster {
  readonly #path: string | undefined;

  constructor({ directory, programs }: EmptyClusterOptions) {
    this.#path = directory ? join(directory, `empty-cluster-${programs}.tar`) : undefined;
  }

  /** The cluster as an archive (tar); `undefined` while none is kept that this user has created. */
  async read(): Promise<Blob | undefined> {
    const file = this.#path && (await open(this.#path).catch(() => undefined));
    if (!file) return undefined;
    try {
      const { uid } = await file.stat();
      return uid === process.getuid?.() ? new Blob([await file.readFile()]) : undefined;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  /** Keeps what `image` returns. A directory that cannot be written keeps no database from opening. @throws the error of `image` */
  async keep(image: () => Promise<Blob>): Promise<void> {
    if (this.#path === undefined) return;
    const content = await (await image()).bytes();
    const unfinished = `${this.#path}.${randomUUID()}`;
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(unfinished, content, { mode: 0o600 });
      await rename(unfinished, this.#path);
    } catch {
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }
}
