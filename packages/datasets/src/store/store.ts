import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { DATASET_KINDS, type DatasetKind, type DatasetValue, type DatasetValues, readDataset } from '../kinds.ts';

const metadataSchema = z.object({
  /** SHA-256 of the file as it came, hexadecimal. */
  sha256: z.string(),
  bytes: z.int(),
  entries: z.int(),
  /** Where it came from: an address, or `import`. */
  from: z.string(),
  importedAt: z.iso.datetime(),
});
export type DatasetMetadata = z.infer<typeof metadataSchema>;

/** How a dataset is. */
export interface DatasetStatus {
  readonly kind: DatasetKind;
  /** The one in use; `undefined` when there is none. */
  readonly current: DatasetMetadata | undefined;
  /** Why the last try to replace it failed; `undefined` when it did not. */
  readonly failure: { readonly at: Date; readonly code: string; readonly message: string } | undefined;
}

export interface DatasetStoreOptions {
  readonly directory: string;
  /** A new file with fewer entries than this share of the one in use is refused. Default 0.5. */
  readonly leastShare?: number;
}

/** How an import is checked beyond its content. */
export interface ImportOptions {
  readonly from: string;
  /** SHA-256 that the file must have, hexadecimal. */
  readonly sha256?: string | undefined;
  /** Whether much fewer entries than before are all right. */
  readonly mayShrink?: boolean;
}

/**
 * Datasets in a directory: each is read whole before it takes the place of the one before, in one step and without a restart. A
 * file that is cut, wrong or empty replaces nothing.
 */
export class DatasetStore {
  readonly #options: DatasetStoreOptions;
  readonly #values: { [K in DatasetKind]?: DatasetValue<K> } = {};
  readonly #current = new Map<DatasetKind, DatasetMetadata>();
  readonly #failures = new Map<DatasetKind, NonNullable<DatasetStatus['failure']>>();
  readonly #listeners = new Set<(kind: DatasetKind) => void>();
  /** Imports of one kind follow each other. */
  readonly #turns = new Map<DatasetKind, Promise<unknown>>();
  #imports = 0;

  constructor(options: DatasetStoreOptions) {
    this.#options = options;
  }

  /** What is in use. */
  get values(): DatasetValues {
    return this.#values;
  }

  /** Told of each dataset that was replaced. */
  onReplaced(listener: (kind: DatasetKind) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Reads everything that is there, files put there by hand as well. One that cannot be read is left where it is and told as a
   * failure.
   */
  async open(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true });
    for (const kind of DATASET_KINDS) {
      const path = this.#path(kind);
      if (!existsSync(path)) continue;
      try {
        const value = await readDataset(kind, createReadStream(path));
        const metadata = (await this.#metadataOf(kind)) ?? (await describe(path, value.entries));
        this.#use(kind, value, metadata);
      } catch (error) {
        this.fail(kind, error);
      }
    }
  }

  status(): DatasetStatus[] {
    return DATASET_KINDS.map((kind) => ({ kind, current: this.#current.get(kind), failure: this.#failures.get(kind) }));
  }

  /** Puts a file in place of the one in use. @throws {DatasetError} after which everything is as it was before */
  import(kind: DatasetKind, file: Readable, options: ImportOptions): Promise<DatasetMetadata> {
    const turn = (this.#turns.get(kind) ?? Promise.resolve()).then(
      () => this.#import(kind, file, options),
      () => this.#import(kind, file, options),
    );
    this.#turns.set(
      kind,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** Notes why a dataset could not be replaced. */
  fail(kind: DatasetKind, error: unknown): void {
    const code = error instanceof DatasetError ? error.code : 'failed';
    this.#failures.set(kind, { at: new Date(), code, message: error instanceof Error ? error.message : String(error) });
  }

  async #import(kind: DatasetKind, file: Readable, options: ImportOptions): Promise<DatasetMetadata> {
    const part = join(this.#options.directory, `${kind}.${process.pid}-${this.#imports++}.part`);
    try {
      const { sha256, bytes } = await writeHashed(file, part);
      if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256)
        throw new DatasetError('checksumMismatch', `the file has SHA-256 ${sha256}, not ${options.sha256}`);
      const value = await readDataset(kind, createReadStream(part));
      const before = this.#current.get(kind)?.entries ?? 0;
      const { leastShare = 0.5 } = this.#options;
      if (options.mayShrink !== true && value.entries < before * leastShare)
        throw new DatasetError('tooSmall', `the file has ${value.entries} entries, the one in use has ${before}`);
      const importedAt = new Date().toISOString();
      const metadata = { sha256, bytes, entries: value.entries, from: options.from, importedAt };
      await rename(part, this.#path(kind));
      await replaceFile(this.#metadataPath(kind), `${JSON.stringify(metadata, null, 2)}\n`);
      this.#use(kind, value, metadata);
      this.#failures.delete(kind);
      return metadata;
    } catch (error) {
      this.fail(kind, error);
      throw error;
    } finally {
      await rm(part, { force: true });
    }
  }

  #use(kind: DatasetKind, value: DatasetValue<DatasetKind>, metadata: DatasetMetadata): void {
    Object.assign(this.#values, { [kind]: value });
    this.#current.set(kind, metadata);
    for (const listener of this.#listeners) listener(kind);
  }

  async #metadataOf(kind: DatasetKind): Promise<DatasetMetadata | undefined> {
    const text = await readFile(this.#metadataPath(kind), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return metadataSchema.parse(JSON.parse(text));
    } catch {
      // The file itself tells all but where it came from.
      return undefined;
    }
  }

  #path(kind: DatasetKind): string {
    return join(this.#options.directory, kind);
  }

  #metadataPath(kind: DatasetKind): string {
    return join(this.#options.directory, `${kind}.json`);
  }
}

/** What is to be known of a file that somebody has put into the directory by hand. */
async function describe(path: string, entries: number): Promise<DatasetMetadata> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const { size, mtime } = await stat(path);
  return { sha256: hash.digest('hex'), bytes: size, entries, from: 'directory', importedAt: mtime.toISOString() };
}

async function writeHashed(file: Readable, path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(file, watch, createWriteStream(path));
  // What is renamed into place must be on the disk whole.
  const handle = await open(path, 'r+');
  await handle.sync();
  await handle.close();
  if (bytes === 0) throw new DatasetError('empty', 'the file is empty');
  return { sha256: hash.digest('hex'), bytes };
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}
