import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '@revtr/probing';
import {
  type ArchiveFile,
  type ArchiveRecords,
  lockDirectory,
  makeDirectory,
  type NewArchiveFile,
  placeFile,
  replaceFile,
} from '@revtr/storage';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import { Periodic } from '../foundation/periodic.ts';
import type { ArchiveMetrics } from './archive-metrics.ts';
import { ArchiveLayout, CATALOGUE, directoryOf } from './files/archive-layout.ts';
import { toCatalogue, toDayCatalogue, toJson } from './files/catalogue.ts';
import { READ_ME } from './files/read-me.ts';
import { writePart } from './files/write-part.ts';
import { type ArchiveRules, type ConsentedRow, toPublishable } from './publishable.ts';
import type { MeasuredPath } from './rows/measured-path.ts';
import { bigQuerySchemas } from './schema/tables.ts';

export interface PublicArchiveOptions {
  readonly directory: string;
  /** Pause between runs, milliseconds. Default: ten minutes. */
  readonly everyMs?: number;
  /** Most results in one file. Default 50,000, at most 100,000. */
  readonly mostResults?: number;
  /**
   * Whether other processes on this machine take turns to write the archive: each then has the directory only during a run. Default `false`:
   * this process has it from start to stop, and an archive of another system cannot be written to it.
   */
  readonly isShared?: boolean;
}

export interface PublicArchiveCollaborators {
  readonly records: ArchiveRecords;
  readonly rules: ArchiveRules;
  /** Reads from the database again what the rules know. */
  readonly refreshRules: () => Promise<void>;
  readonly metrics: ArchiveMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 600_000;
const MOST_RESULTS = 50_000;
/** A file that was not recorded for so long never will be, milliseconds. */
const ABANDONED_MS = 86_400_000;
/** Measurements that are in memory at once, and rows in a group of a Parquet file. */
const PER_PAGE = 500;

/**
 * Writes results to a directory that everybody may read. A run takes the results that wait, writes them to files under temporary names, records the
 * files in the transaction that ends the waiting of their results, and then gives the files their final names. Whenever the process is killed,
 * the next run finishes what was recorded: each result is in one file of each format. This also holds while two processes write the same archive, which
 * happens for a moment when the work passes from one to the other. Therefore a process removes only its own files, and what is a day old.
 */
export class PublicArchive {
  readonly #options: Required<PublicArchiveOptions>;
  readonly #layout: ArchiveLayout;
  readonly #records: ArchiveRecords;
  readonly #rules: ArchiveRules;
  readonly #refreshRules: () => Promise<void>;
  readonly #metrics: ArchiveMetrics;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #series: Periodic;
  readonly #writer = randomUUID();
  #unlock: (() => void) | undefined;
  #completeAt: number | undefined;
  #failure: string | undefined;

  constructor(options: PublicArchiveOptions, collaborators: PublicArchiveCollaborators) {
    this.#options = { everyMs: EVERY_MS, mostResults: MOST_RESULTS, isShared: false, ...options };
    this.#layout = new ArchiveLayout(options.directory);
    this.#records = collaborators.records;
    this.#rules = collaborators.rules;
    this.#refreshRules = collaborators.refreshRules;
    this.#metrics = collaborators.metrics;
    this.#clock = collaborators.clock;
    this.#log = collaborators.log;
    this.#series = new Periodic(
      { everyMs: this.#options.everyMs, isImmediate: true },
      {
        clock: collaborators.clock,
        work: (signal) => this.#runAlone(signal),
        onError: (error) => this.#log.error({ err: error }, 'the public archive could not be written; trying again'),
      },
    );
  }

  /** Directory of the archive. */
  get directory(): string {
    return this.#layout.root;
  }

  /** When the last run ended without an error, milliseconds since the Unix epoch; `undefined` before. */
  get completeAt(): number | undefined {
    return this.#completeAt;
  }

  /** What the last run failed with; `undefined` when it did not fail. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Begins to write results at the interval of the options. Rejects when the directory cannot be written.
   * @throws {StorageError} `directoryInUse` when another process on this machine writes the same archive
   */
  async start(): Promise<void> {
    await makeDirectory(this.#layout.root, '', 'everybody');
    const unlock = lockDirectory(this.#layout.root);
    if (this.#options.isShared) unlock();
    else this.#unlock = unlock;
    this.#series.start();
  }

  async stop(): Promise<void> {
    await this.#series.stop();
    this.#unlock?.();
  }

  /** Writes all results that wait, whoever else writes the archive. Rejects with what failed; the next run goes on from there. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#prepare();
      await this.#place();
      for (;;) {
        const day = await this.#records.firstPendingDay();
        if (day === undefined || !(await this.#writeDay(day, signal))) break;
        await this.#place();
      }
      const now = this.#clock.now();
      await this.#replace(CATALOGUE, toCatalogue(await this.#records.days(), now));
      this.#metrics.ended((await this.#records.totals()).pending, now);
      [this.#completeAt, this.#failure] = [now, undefined];
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      throw error;
    }
  }

  /** A run that has the directory. One that finds another process there fails, and the next one tries again. */
  async #runAlone(signal: AbortSignal): Promise<void> {
    const unlock = this.#options.isShared ? this.#lock() : undefined;
    try {
      await this.run(signal);
    } finally {
      unlock?.();
    }
  }

  #lock(): () => void {
    try {
      return lockDirectory(this.#layout.root);
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#metrics.failed();
    this.#failure = error instanceof Error ? error.message : String(error);
  }

  async #prepare(): Promise<void> {
    await makeDirectory(this.#layout.root, '', 'everybody');
    await makeDirectory(this.#layout.root, basename(this.#layout.unplaced), 'everybody');
    await makeDirectory(this.#layout.root, 'schemas', 'everybody');
    const { archive, paths } = bigQuerySchemas();
    await this.#replace('README.md', READ_ME);
    await this.#replace('schemas/archive.json', toJson(archive));
    await this.#replace('schemas/paths.json', toJson(paths));
  }

  /** Writes and records a part of a day. Returns whether something was recorded; if not, another process has taken the results. */
  async #writeDay(day: string, signal: AbortSignal): Promise<boolean> {
    const ids = await this.#records.pending(day, this.#options.mostResults);
    const [firstId] = ids;
    if (firstId === undefined) return true;
    const part = { day, firstId, now: this.#clock.now() };
    await this.#refreshRules();
    const writing = { layout: this.#layout, writer: this.#writer, signal };
    const files = await writePart(part, this.#pages(ids, signal), writing);
    if (!(await this.#records.commit(ids, files))) {
      for (const { path, sha256 } of files)
        await rm(this.#layout.complete(path, sha256, this.#writer), { force: true });
      this.#log.warn({ day }, 'results for the public archive were taken or deleted meanwhile; they are read again');
      return false;
    }
    this.#metrics.written(files);
    const left = ids.length - (files[0]?.rows ?? 0);
    this.#log.info({ day, files: files.map(describe), leftOut: left }, 'results were written to the public archive');
    return true;
  }

  async *#pages(ids: readonly number[], signal: AbortSignal): AsyncGenerator<MeasuredPath[]> {
    for (let first = 0; first < ids.length; first += PER_PAGE) {
      signal.throwIfAborted();
      const rows = await this.#records.measurements(ids.slice(first, first + PER_PAGE));
      const paths = rows.flatMap((row) => this.#publishable(row) ?? []);
      if (paths.length > 0) yield paths;
    }
  }

  /** A result that cannot be read must not keep all later ones waiting. */
  #publishable(row: ConsentedRow): MeasuredPath | undefined {
    try {
      return toPublishable(row, this.#rules);
    } catch (error) {
      if (!(error instanceof ZodError)) throw error;
      this.#log.error({ err: error, measurement: row.id }, 'a stored result cannot be read; the archive leaves it out');
      return undefined;
    }
  }

  /** Gives recorded files their final names, writes the catalogues of their days, and removes abandoned files. */
  async #place(): Promise<void> {
    const placed: ArchiveFile[] = [];
    const recorded = await this.#records.unplaced();
    const names = await namesIn(this.#layout.unplaced);
    for (const file of recorded) if (await this.#placeOne(file, names)) placed.push(file);
    for (const day of new Set(placed.map((file) => file.day))) await this.#describe(day);
    await this.#records.markPlaced(placed.map(({ path }) => path));
    for (const directory of [this.#layout.unplaced, this.#layout.former]) await this.#removeAbandoned(directory);
  }

  /** Returns whether the file has its final name. Nothing is known of one that is missing: another machine may have it. */
  async #placeOne({ path, sha256 }: ArchiveFile, names: readonly string[]): Promise<boolean> {
    await makeDirectory(this.#layout.root, dirname(path), 'everybody');
    const final = this.#layout.final(path);
    for (const name of names)
      if (this.#layout.isComplete(name, path, sha256) && (await moved(join(this.#layout.unplaced, name), final)))
        return true;
    if ((await changedAt(final)) !== undefined) return true;
    if (await moved(this.#layout.ofFormerVersion(path), final)) return true;
    const what = 'a file of the public archive is missing: is the database shared with another archive?';
    this.#log.error({ path }, what);
    return false;
  }

  /** Writes the catalogue of a day; again if another process recorded a file meanwhile, because its catalogue may have been replaced. */
  async #describe(day: string): Promise<void> {
    let written: string | undefined;
    for (;;) {
      const text = toDayCatalogue(day, await this.#records.filesOf(day));
      if (text === written) return;
      await this.#replace(`${directoryOf(day)}/${CATALOGUE}`, text);
      written = text;
    }
  }

  async #removeAbandoned(directory: string): Promise<void> {
    const before = this.#clock.now() - ABANDONED_MS;
    for (const name of await namesIn(directory)) {
      const path = join(directory, name);
      const isAbandoned = name.endsWith(this.#writer) || ((await changedAt(path)) ?? before) < before;
      if (isAbandoned) await rm(path, { force: true });
    }
  }

  async #replace(path: string, text: string): Promise<void> {
    await replaceFile(this.#layout.final(path), text, 'everybody', this.#layout.unfinished(path, this.#writer));
  }
}

const describe = ({ path, rows, bytes }: NewArchiveFile): Pick<ArchiveFile, 'path' | 'rows' | 'bytes'> => ({
  path,
  rows,
  bytes,
});

/** What a promise resolves with; `undefined` when there is no such file or directory. */
async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** When a file was last changed, milliseconds since the Unix epoch; `undefined` when there is none. */
const changedAt = async (path: string): Promise<number | undefined> => (await ifThere(stat(path)))?.mtimeMs;

const namesIn = async (directory: string): Promise<readonly string[]> => (await ifThere(readdir(directory))) ?? [];

/** Gives a file its final name. Returns false when it is not there, or no longer. */
const moved = async (from: string, to: string): Promise<boolean> =>
  (await ifThere(placeFile(from, to).then(() => true))) ?? false;
