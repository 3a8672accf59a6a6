import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { DATASET_KINDS, type DatasetKind } from '../kinds.ts';
import type { DatasetMetadata, DatasetStore } from './store.ts';

const sourceSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** Where the SHA-256 of the file is: the first word of the answer, hexadecimal. */
  sha256Url: z.url({ protocol: /^https?$/ }).optional(),
  everyHours: z.number().positive().default(24),
});
/** Where datasets come from, and how often they are fetched. */
export const datasetSourcesSchema = z.partialRecord(z.enum(DATASET_KINDS), sourceSchema);
export type DatasetSources = z.infer<typeof datasetSourcesSchema>;

const TIMEOUT_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;
const POLL_MS = 60_000;
/** After a failure the next try waits an hour at least. */
const RETRY_MS = HOUR_MS;

/** Fetches datasets from addresses that the operator has set, by schedule and when asked. */
export class DatasetUpdater {
  readonly #sources: DatasetSources;
  readonly #store: DatasetStore;
  readonly #fetch: typeof fetch;
  readonly #over = new AbortController();
  readonly #triedAt = new Map<DatasetKind, number>();
  readonly #onFailure: (kind: DatasetKind, error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(
    sources: DatasetSources,
    collaborators: {
      readonly store: DatasetStore;
      readonly fetch: typeof fetch;
      /** Told of updates by schedule that have failed. */
      readonly onFailure: (kind: DatasetKind, error: unknown) => void;
    },
  ) {
    this.#sources = sources;
    this.#store = collaborators.store;
    this.#fetch = collaborators.fetch;
    this.#onFailure = collaborators.onFailure;
  }

  /** Datasets that have an address. */
  get kinds(): DatasetKind[] {
    return DATASET_KINDS.filter((kind) => this.#sources[kind] !== undefined);
  }

  /** Begins to fetch what is due, now and from time to time. */
  start(): void {
    const look = (): void => {
      this.#working = this.#working.then(() => this.#updateDue());
    };
    this.#timer = setInterval(look, POLL_MS);
    look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#over.abort();
    await this.#working;
  }

  /** Fetches a dataset now. @throws {DatasetError} after which the one in use stays */
  async update(kind: DatasetKind): Promise<DatasetMetadata> {
    const source = this.#sources[kind];
    if (source === undefined) throw new DatasetError('downloadFailed', `no address is set for ${kind}`);
    this.#triedAt.set(kind, Date.now());
    try {
      const sha256 = source.sha256Url === undefined ? undefined : await this.#checksumAt(source.sha256Url);
      const file = await this.#get(source.url);
      return await this.#store.import(kind, file, { from: source.url, sha256 });
    } catch (error) {
      this.#store.fail(kind, error);
      throw error;
    }
  }

  async #updateDue(): Promise<void> {
    const now = Date.now();
    for (const { kind, current } of this.#store.status()) {
      const source = this.#sources[kind];
      if (source === undefined || this.#over.signal.aborted) continue;
      const age = now - (current === undefined ? 0 : Date.parse(current.importedAt));
      const sinceTry = now - (this.#triedAt.get(kind) ?? 0);
      if (age < source.everyHours * HOUR_MS || sinceTry < RETRY_MS) continue;
      await this.update(kind).catch((error: unknown) => {
        if (!this.#over.signal.aborted) this.#onFailure(kind, error);
      });
    }
  }

  async #checksumAt(url: string): Promise<string> {
    const content = await text(await this.#get(url));
    const found = /^[0-9a-f]{64}\b/i.exec(content.trim());
    if (found === null) throw new DatasetError('downloadFailed', `${url} holds no SHA-256`);
    return found[0];
  }

  /** The body of an answer; one that is shorter than announced fails while it is read. */
  async #get(url: string): Promise<Readable> {
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let response: Response;
    try {
      response = await this.#fetch(url, { signal });
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new DatasetError('downloadFailed', `${url}: ${reason}`);
    }
    if (!response.ok || response.body === null)
      throw new DatasetError('downloadFailed', `${url} answered ${response.status}`);
    return Readable.from(chunksOf(response.body, url), { objectMode: false });
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new DatasetError('truncated', `${url} broke off: ${reason}`);
  }
}
