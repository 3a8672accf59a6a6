import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where an empty cluster is kept, and by which programs it was made. */
export interface EmptyClusterOptions {
  /** Directory of compiled programs. Default: none, and nothing is kept. */
  readonly directory?: string | undefined;
  /** Digest of the programs of PGlite: others may have another format. */
  readonly programs: string;
}

const DIGEST_BYTES = 32;

/**
 * A database cluster without tables, as PGlite creates it, in a file: to create one takes several times the processor time of loading it. The file is kept where
 * Node.js keeps compiled programs if the environment variable `NODE_COMPILE_CACHE` names a directory. Who can write there can change programs as well.
 * The SHA-256 of the cluster follows it in the file: PGlite would load a part of a damaged one without an error.
 */
export class EmptyCluster {
  readonly #path: string | undefined;

  constructor({ directory, programs }: EmptyClusterOptions) {
    this.#path = directory ? join(directory, `empty-cluster-${programs}.tar`) : undefined;
  }

  /** The cluster as an archive (tar); `undefined` while none is kept that this user has created, and that is whole. */
  async read(): Promise<Blob | undefined> {
    const file = this.#path && (await open(this.#path).catch(() => undefined));
    if (!file) return undefined;
    try {
      if ((await file.stat()).uid !== process.getuid?.()) return undefined;
      const content = await file.readFile();
      const cluster = content.subarray(0, -DIGEST_BYTES);
      return digestOf(cluster).equals(content.subarray(-DIGEST_BYTES)) ? new Blob([cluster]) : undefined;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  /** Keeps what `image` returns. A directory that cannot be written keeps no database from opening. @throws the error of `image` */
  async keep(image: () => Promise<Blob>): Promise<void> {
    if (this.#path === undefined) return;
    const cluster = await (await image()).bytes();
    const unfinished = `${this.#path}.${randomUUID()}`;
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(unfinished, Buffer.concat([cluster, digestOf(cluster)]), { mode: 0o600 });
      await rename(unfinished, this.#path);
    } catch {
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }
}

const digestOf = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest();
