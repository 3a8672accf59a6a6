import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, replaceFile } from '../files/durable-file.ts';
import { programFiles } from './compiled-programs.ts';

const DIGEST_BYTES = 32;

/**
 * A database cluster without tables, as PGlite creates it, in a file: to create one takes several times the processor time of loading it. The file is kept where
 * Node.js keeps compiled programs if the environment variable `NODE_COMPILE_CACHE` names a directory. Who can write there can change programs as well.
 * The SHA-256 of the cluster follows it in the file: PGlite would load a part of a damaged one without an error.
 */
export class EmptyCluster {
  readonly #directory: string;
  readonly #path: string;

  /** @param programs - digest of the programs of PGlite: others may have another format */
  constructor({ directory, programs }: { readonly directory: string; readonly programs: string }) {
    this.#directory = directory;
    this.#path = join(directory, `empty-cluster-${programs}.tar`);
  }

  /** The cluster that this version of PGlite has in a directory of compiled programs; `undefined` without a directory: nothing is kept. */
  static async in(directory: string | undefined): Promise<EmptyCluster | undefined> {
    if (!directory) return undefined;
    const hash = createHash('sha256');
    for (const file of await Promise.all(programFiles())) hash.update(file);
    return new EmptyCluster({ directory, programs: hash.digest('hex') });
  }

  /** The cluster as an archive (tar); `undefined` while none is kept that this user has created, and that is whole. */
  async read(): Promise<Blob | undefined> {
    const file = await open(this.#path).catch(() => undefined);
    if (file === undefined) return undefined;
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
    const cluster = await (await image()).bytes();
    const unfinished = `${this.#path}.${randomUUID()}`;
    try {
      await makeDirectory(this.#directory, '', 'owner');
      await replaceFile(this.#path, Buffer.concat([cluster, digestOf(cluster)]), 'owner', unfinished);
    } catch {
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }
}

const digestOf = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest();
