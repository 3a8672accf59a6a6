import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import {
  DATASET_KINDS,
  type DatasetKind,
  type DatasetValue,
  type DatasetValues,
  readDataset,
} from '../formats/kinds.ts';
import type { Clock } from './clock.ts';
import { claimDownload } from './download-claim.ts';
import { digestOf, identityOf, openDirectory, PART, replaceText, writeNew } from './files.ts';
import { redactedOrigin } from './sources.ts';

const metadataSchema = z.object({
  /** SHA-256 of the file as it was received, hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Size of the file as it was received. */
  bytes: z.int(),
  entries: z.int(),
  /** Where the file came from: the origin of a URL (without path, query and credentials), `import` or `directory`. */
  from: z.string().transform(redactedOrigin),
  importedAt: z.iso.datetime(),
});
/** Describes the file of a dataset. */
export type DatasetMetadata = z.infer<typeof metadataSchema>;

/** The state of a dataset. */
export interface DatasetStatus {
  readonly kind: DatasetKind;
  /** The file in use; `undefined` when there is none. */
  readonly current: DatasetMetadata | undefined;
  /** Why the last attempt to replace it failed; `undefined` when it succeeded. `code` is `failed` for errors of the system. */
  readonly failure: { readonly at: Date; readonly code: string; readonly message: string } | undefined;
}

/** Options of a {@link DatasetStore}. */
export interface DatasetStoreOptions {
  /** Directory of the files. It is created with mode 0700. */
  readonly directory: string;
  /** A file with more bytes is refused. Default 4 GiB. */
  readonly mostFileBytes?: number;
}

/** How an import is labelled and checked. */
export interface ImportOptions {
  /** Where the file comes from. Only the origin of a URL is kept. */
  readonly from: string;
  /** SHA-256 that the file must have, hexadecimal. */
  readonly sha256?: string | undefined;
  /** Whether a file with far fewer entries is accepted. Default false. */
  readonly mayShrink?: boolean;
}

/** A new file with fewer entries than this share of the one in use is refused. */
const LEAST_SHARE = 0.5;
const MOST_FILE_BYTES = 4 * 2 ** 30;

/**
 * Datasets in a directory. A new file is written next to the one in use, read completely and checked, and replaces it in one step,
 * without a restart. A file that is truncated, damaged, empty or of another format replaces nothing. All files have mode 0600.
 */
export class DatasetStore {
  readonly #options: DatasetStoreOptions;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #values: { [K in DatasetKind]?: DatasetValue<K> } = {};
  readonly #current = new Map<DatasetKind, DatasetMetadata>();
  readonly #failures = new Map<DatasetKind, NonNullable<DatasetStatus['failure']>>();
  /** Which file of each kind, and which description, was read or written last. */
  readonly #identities = new Map<DatasetKind, string>();
  readonly #listeners = new Set<(kind: DatasetKind) => void>();
  readonly #importListeners = new Set<(kind: DatasetKind) => void>();
  /** The last import of each kind: imports of one kind run one after another. */
  readonly #lastImports = new Map<DatasetKind, Promise<unknown>>();

  constructor(options: DatasetStoreOptions, { clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#options = options;
    this.#clock = clock;
  }

  /** The datasets in use. */
  get values(): DatasetValues {
    return this.#values;
  }

  /** Calls `listener` after each dataset that was replaced. */
  onReplaced(listener: (kind: DatasetKind) => void): void {
    this.#listeners.add(listener);
  }

  /** Calls `listener` after each dataset that this store has imported: other processes may use the same directory. */
  onImported(listener: (kind: DatasetKind) => void): void {
    this.#importListeners.add(listener);
  }

  /**
   * Reads a file that another process may have replaced, if it differs from the one in use. If it cannot be read, the one in use stays in use, and
   * {@link status} says why. Never rejects.
   */
  refresh(kind: DatasetKind): Promise<void> {
    const before = this.#lastImports.get(kind) ?? Promise.resolve();
    const refreshed = before.then(() => this.#refresh(kind)).catch((error: unknown) => this.fail(kind, error));
    this.#lastImports.set(kind, refreshed);
    return refreshed;
  }

  /**
   * Claims the download of a dataset among all processes that share the directory, for at most `mostMs`. Returns what gives the claim back; `undefined`
   * while another process has it. Rejects with errors of the file system.
   */
  claimDownload(kind: DatasetKind, mostMs: number): Promise<(() => Promise<void>) | undefined> {
    return claimDownload(`${this.#path(kind)}.download`, { now: this.#clock.now(), mostMs });
  }

  /**
   * Reads all files in the directory, also those that were put there by hand. A file that cannot be read stays where it is and is
   * reported by {@link status}. @throws {DatasetError} `badDirectory`
   */
  async open(): Promise<void> {
    await openDirectory(this.#options.directory, this.#clock.now());
    for (const kind of DATASET_KINDS) {
      const path = this.#path(kind);
      if (!existsSync(path)) continue;
      await this.#once(kind, async () => {
        const value = await readDataset(kind, createReadStream(path));
        const metadata = (await this.#storedMetadata(kind)) ?? (await this.#describe(path));
        this.#use(kind, value, { ...metadata, entries: value.entries });
      });
    }
  }

  /** The state of every kind of dataset. It contains no URL beyond its origin. */
  status(): DatasetStatus[] {
    return DATASET_KINDS.map((kind) => ({ kind, current: this.#current.get(kind), failure: this.#failures.get(kind) }));
  }

  /**
   * Replaces the file in use by `file`, which is consumed in any case.
   * @throws {DatasetError} or the error of `file`; the file in use then stays in use
   */
  import(kind: DatasetKind, file: Readable, options: ImportOptions): Promise<DatasetMetadata> {
    // The file may fail while it waits for an earlier import. Without a listener, its error would end the process.
    file.on('error', () => undefined);
    const before = this.#lastImports.get(kind) ?? Promise.resolve();
    const result = before.then(() => this.#import(kind, file, options));
    const settled = result.catch(() => undefined);
    this.#lastImports.set(kind, settled);
    return result;
  }

  /** Records why a dataset could not be replaced. */
  fail(kind: DatasetKind, error: unknown): void {
    const code = error instanceof DatasetError ? error.code : 'failed';
    const message = error instanceof Error ? error.message : String(error);
    this.#failures.set(kind, { at: new Date(this.#clock.now()), code, message });
  }

  async #import(kind: DatasetKind, file: Readable, options: ImportOptions): Promise<DatasetMetadata> {
    const part = `${this.#path(kind)}.${randomUUID()}${PART}`;
    try {
      const { value, metadata } = await this.#check(kind, file, options, part);
      const identity = await identityOf(part);
      await rename(part, this.#path(kind));
      const ofMetadata = await replaceText(this.#metadataPath(kind), `${JSON.stringify(metadata, null, 2)}\n`);
      this.#use(kind, value, metadata);
      this.#identities.set(kind, bothOf(identity, ofMetadata));
      this.#failures.delete(kind);
      for (const listener of this.#importListeners) listener(kind);
      return metadata;
    } catch (error) {
      this.fail(kind, error);
      throw error;
    } finally {
      file.destroy();
      await rm(part, { force: true });
    }
  }

  async #refresh(kind: DatasetKind): Promise<void> {
    const path = this.#path(kind);
    if (!existsSync(path) || (await this.#identityOf(kind)) === this.#identities.get(kind)) return;
    await this.#once(kind, async () => {
      const { sha256 } = await this.#describe(path);
      const stored = await this.#storedMetadata(kind);
      const current = this.#current.get(kind);
      if (sha256 === current?.sha256) {
        // The other process may have imported the same file again.
        if (stored?.sha256 !== sha256 || stored.importedAt <= current.importedAt) return;
        this.#current.set(kind, stored);
      } else {
        const value = await readDataset(kind, createReadStream(path));
        // The other process replaces the file and its description one after the other.
        const metadata = stored?.sha256 === sha256 ? stored : await this.#describe(path);
        this.#use(kind, value, { ...metadata, entries: value.entries });
      }
      this.#failures.delete(kind);
    });
  }

  /** Reads a file, and remembers that it was read, also when its content is faulty: {@link refresh} reads it again when it is another one. */
  async #once(kind: DatasetKind, read: () => Promise<void>): Promise<void> {
    try {
      const identity = await this.#identityOf(kind);
      const failure = await read().catch((error: unknown) => {
        if (error instanceof DatasetError) return error;
        throw error;
      });
      this.#identities.set(kind, identity);
      if (failure !== undefined) this.fail(kind, failure);
    } catch (error) {
      this.fail(kind, error);
    }
  }

  /** Of the file and its description. */
  async #identityOf(kind: DatasetKind): Promise<string> {
    return bothOf(await identityOf(this.#path(kind)), await identityOf(this.#metadataPath(kind)));
  }

  async #check(kind: DatasetKind, file: Readable, { from, sha256: expected, mayShrink }: ImportOptions, part: string) {
    const { mostFileBytes = MOST_FILE_BYTES } = this.#options;
    const { sha256, bytes } = await writeNew(file, part, mostFileBytes);
    if (expected !== undefined && expected.toLowerCase() !== sha256)
      throw new DatasetError('checksumMismatch', `the file has SHA-256 ${sha256}, but ${expected} was expected`, {
        expected,
        actual: sha256,
      });
    const value = await readDataset(kind, createReadStream(part));
    const { entries } = value;
    const before = this.#current.get(kind)?.entries ?? 0;
    if (mayShrink !== true && entries < before * LEAST_SHARE)
      throw new DatasetError('tooSmall', `the file has ${entries} entries, but the one in use has ${before}`, {
        entries,
        before,
      });
    const importedAt = new Date(this.#clock.now()).toISOString();
    return { value, metadata: { sha256, bytes, entries, from: redactedOrigin(from), importedAt } };
  }

  #use(kind: DatasetKind, value: DatasetValue<DatasetKind>, metadata: DatasetMetadata): void {
    Object.assign(this.#values, { [kind]: value });
    this.#current.set(kind, metadata);
    for (const listener of this.#listeners) listener(kind);
  }

  async #storedMetadata(kind: DatasetKind): Promise<DatasetMetadata | undefined> {
    try {
      return metadataSchema.parse(JSON.parse(await readFile(this.#metadataPath(kind), 'utf8')));
    } catch {
      // Everything but its origin can be found out from the file itself.
      return undefined;
    }
  }

  async #describe(path: string): Promise<Omit<DatasetMetadata, 'entries'>> {
    const { sha256, bytes, modifiedAt } = await digestOf(path);
    return { sha256, bytes, from: 'directory', importedAt: modifiedAt.toISOString() };
  }

  #path(kind: DatasetKind): string {
    return join(this.#options.directory, kind);
  }

  #metadataPath(kind: DatasetKind): string {
    return `${this.#path(kind)}.json`;
  }
}

const bothOf = (file: string, description: string): string => `${file}, ${description}`;
