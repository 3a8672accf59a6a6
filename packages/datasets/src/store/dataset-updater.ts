import { DatasetError } from '../errors.ts';
import { DATASET_KINDS, type DatasetKind } from '../formats/kinds.ts';
import type { Clock } from './clock.ts';
import type { DatasetMetadata, DatasetStore } from './dataset-store.ts';
import { download, downloadChecksum } from './download.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { DatasetSources } from './sources.ts';

const HOUR_MS = 3_600_000;
const MOST_DOWNLOAD_MS = HOUR_MS / 2;
/** Before a download, the file of another process may have to be read, and after it, its own file is checked. */
const MOST_CLAIM_MS = 2 * MOST_DOWNLOAD_MS;
/** Imports by people change due dates, so these are looked at again at least this often. */
const MOST_SLEEP_MS = 60_000;

/** What a {@link DatasetUpdater} uses. */
export interface UpdaterCollaborators {
  readonly store: DatasetStore;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** A number from 0 (inclusive) to 1 (exclusive), as `Math.random` returns. */
  readonly random: () => number;
  /** Receives the errors of scheduled updates. */
  readonly onFailure: (kind: DatasetKind, error: unknown) => void;
}

/**
 * Downloads datasets from the configured sources: on a schedule, when a dataset is missing or too old, and on request. After a
 * failure the schedule waits, longer with each failure in a row. A process never downloads a kind twice at the same time, and of several
 * processes with one directory, one downloads what is due.
 */
export class DatasetUpdater {
  readonly #sources: DatasetSources;
  readonly #store: DatasetStore;
  readonly #collaborators: UpdaterCollaborators;
  readonly #stopped = new AbortController();
  /** Failures in a row of each kind, and the earliest time of its next scheduled download. */
  readonly #attempts = new Map<DatasetKind, { readonly failures: number; readonly notBefore: number }>();
  readonly #underWay = new Map<DatasetKind, Promise<DatasetMetadata>>();
  #schedule: Promise<void> | undefined;

  constructor(sources: DatasetSources, collaborators: UpdaterCollaborators) {
    this.#sources = sources;
    this.#store = collaborators.store;
    this.#collaborators = collaborators;
  }

  /** The datasets that have a source. */
  get kinds(): DatasetKind[] {
    return DATASET_KINDS.filter((kind) => this.#sources[kind] !== undefined);
  }

  /** Starts the schedule. */
  start(): void {
    this.#schedule ??= this.#runSchedule();
  }

  /** Ends the schedule and all downloads. Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled([this.#schedule, ...this.#underWay.values()]);
  }

  /**
   * Downloads a dataset now, or waits for its download that is under way.
   * @throws {DatasetError} `notConfigured`, `downloadFailed`, `cancelled`, or a fault of the file; the file in use stays in use
   */
  update(kind: DatasetKind): Promise<DatasetMetadata> {
    const running = this.#underWay.get(kind);
    if (running !== undefined) return running;
    const update = this.#update(kind).finally(() => this.#underWay.delete(kind));
    this.#underWay.set(kind, update);
    return update;
  }

  async #runSchedule(): Promise<void> {
    const { clock, onFailure } = this.#collaborators;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      for (const kind of this.#dueKinds()) {
        if (signal.aborted) return;
        await this.#updateIfDue(kind).catch((error: unknown) => {
          if (!signal.aborted) onFailure(kind, error);
        });
      }
      // The sleep rejects when the updater is stopped, which the condition of the loop finds out.
      await clock.sleep(this.#sleepMs(), signal).catch(() => undefined);
    }
  }

  /** Downloads a dataset, unless another process that uses the same directory does so, or has done so since. */
  async #updateIfDue(kind: DatasetKind): Promise<void> {
    const { clock } = this.#collaborators;
    const release = await this.#store.claimDownload(kind, MOST_CLAIM_MS).catch((error: unknown) => {
      this.#noteFailure(kind, error);
      throw error;
    });
    if (release === undefined) {
      const failures = this.#attempts.get(kind)?.failures ?? 0;
      this.#attempts.set(kind, { failures, notBefore: clock.now() + MOST_SLEEP_MS });
      return;
    }
    try {
      await this.#store.refresh(kind);
      if (this.#dueAt(kind) <= clock.now()) await this.update(kind);
    } finally {
      await release();
    }
  }

  #dueKinds(): DatasetKind[] {
    const now = this.#collaborators.clock.now();
    return this.kinds.filter((kind) => this.#dueAt(kind) <= now);
  }

  #sleepMs(): number {
    const next = Math.min(...this.kinds.map((kind) => this.#dueAt(kind)));
    return Math.min(MOST_SLEEP_MS, Math.max(1, next - this.#collaborators.clock.now()));
  }

  #dueAt(kind: DatasetKind): number {
    const current = this.#store.status().find((status) => status.kind === kind)?.current;
    const everyMs = (this.#sources[kind]?.everyHours ?? 0) * HOUR_MS;
    const importedAt = current === undefined ? Number.NEGATIVE_INFINITY : Date.parse(current.importedAt);
    // A time in the future comes from a wrong clock and says nothing about the age of the file.
    const dueAt = importedAt > this.#collaborators.clock.now() ? Number.NEGATIVE_INFINITY : importedAt + everyMs;
    return Math.max(dueAt, this.#attempts.get(kind)?.notBefore ?? Number.NEGATIVE_INFINITY);
  }

  async #update(kind: DatasetKind): Promise<DatasetMetadata> {
    const { clock } = this.#collaborators;
    const deadline = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, deadline.signal]);
    const finished = new AbortController();
    clock.sleep(MOST_DOWNLOAD_MS, finished.signal).then(
      () => deadline.abort(),
      () => undefined,
    );
    try {
      const metadata = await this.#download(kind, signal);
      const everyMs = (this.#sources[kind]?.everyHours ?? 0) * HOUR_MS;
      this.#attempts.set(kind, { failures: 0, notBefore: clock.now() + everyMs });
      return metadata;
    } catch (error) {
      const failure = this.#stopped.signal.aborted
        ? new DatasetError('cancelled', 'the updater was stopped', {})
        : error;
      this.#noteFailure(kind, failure);
      throw failure;
    } finally {
      finished.abort();
    }
  }

  #noteFailure(kind: DatasetKind, error: unknown): void {
    const { clock, random } = this.#collaborators;
    const failures = (this.#attempts.get(kind)?.failures ?? 0) + 1;
    this.#attempts.set(kind, { failures, notBefore: clock.now() + retryDelayMs(failures, random()) });
    this.#store.fail(kind, error);
  }

  async #download(kind: DatasetKind, signal: AbortSignal): Promise<DatasetMetadata> {
    signal.throwIfAborted();
    const source = this.#sources[kind];
    if (source === undefined) throw new DatasetError('notConfigured', `no source is configured for ${kind}`, { kind });
    const options = { fetch: this.#collaborators.fetch, signal };
    const sha256 = source.sha256Url === undefined ? undefined : await downloadChecksum(source.sha256Url, options);
    return this.#store.import(kind, await download(source.url, options), { from: source.url, sha256 });
  }
}
