import { type Kysely, sql } from 'kysely';
import type { ColdStore } from '../cold/cold-store.ts';
import type { Schema } from '../schema/schema.ts';
import { ColdInventory } from './cold-inventory.ts';
import { type MovedPartition, movePartition } from './move-partition.ts';
import { heldFiles } from './record-files.ts';
import { type ResultPartition, ResultPartitions } from './result-partitions.ts';
import { rewriteFile } from './rewrite-file.ts';
import type { MoveStep } from './write-and-record.ts';

export interface ColdPartitionsOptions {
  /** Most results of a file. Default 100,000. */
  readonly rowsPerFile?: number;
  /** A file ends with the 500 results that make it so long. Default 64 MiB. */
  readonly bytesPerFile?: number;
}

export interface ColdPartitionsCollaborators {
  readonly db: Kysely<Schema>;
  readonly store: ColdStore;
  /** Called after each step of a move. Default: nothing. */
  readonly onStep?: (step: MoveStep) => void;
}

/** How much is in files. */
export interface ColdTotals {
  readonly partitions: number;
  readonly files: number;
  readonly results: number;
  readonly bytes: number;
}

const ROWS_PER_FILE = 100_000;
const BYTES_PER_FILE = 2 ** 26;
/** A file with deleted results is written anew at most this often, milliseconds. */
const REWRITTEN_MS = 86_400_000;

/** Moves old partitions of results to files, and looks after these. One process at a time should do so; two lose nothing. */
export class ColdPartitions {
  readonly #sizes: Required<ColdPartitionsOptions>;
  readonly #db: Kysely<Schema>;
  readonly #store: ColdStore;
  readonly #onStep: (step: MoveStep) => void;
  readonly #partitions: ResultPartitions;
  readonly #inventory: ColdInventory;

  constructor(
    { rowsPerFile = ROWS_PER_FILE, bytesPerFile = BYTES_PER_FILE }: ColdPartitionsOptions,
    { db, store, onStep = () => undefined }: ColdPartitionsCollaborators,
  ) {
    this.#sizes = { rowsPerFile, bytesPerFile };
    this.#db = db;
    this.#store = store;
    this.#onStep = onStep;
    this.#partitions = new ResultPartitions(db);
    this.#inventory = new ColdInventory({ db, files: store.files });
  }

  /**
   * Makes a new place that of this database, and deletes what processes have left behind that were killed. Returns the paths of that.
   * @throws {StorageError} `foreignPlace`, `objectStore`, and errors of the system
   */
  async prepare(now: Date, signal: AbortSignal): Promise<string[]> {
    await this.#inventory.open(signal);
    return this.#inventory.tidy(now, signal);
  }

  /** The partitions that ended before `time` and are in the database, in the order of their ids. */
  async due(time: Date, now: Date): Promise<ResultPartition[]> {
    return (await this.#partitions.closedBefore(time, now)).filter(({ moved_at }) => moved_at === null);
  }

  /** See {@link movePartition}. */
  async move(partition: ResultPartition, now: Date, signal: AbortSignal): Promise<MovedPartition | undefined> {
    const options = { now, signal, ...this.#sizes };
    return movePartition(partition, options, { db: this.#db, files: this.#store.files, onStep: this.#onStep });
  }

  /**
   * Writes the files anew from which results were deleted, each at most once a day. Returns how many results have left them. A file that cannot be
   * read does not keep the others waiting. @throws {StorageError} `coldUnreadable`
   */
  async erase(now: Date, signal: AbortSignal): Promise<number> {
    const files = await heldFiles(this.#db)
      .where('deletions', '>', 0)
      .where('written_at', '<', new Date(now.getTime() - REWRITTEN_MS))
      .orderBy('written_at')
      .execute();
    let erased = 0;
    const failures: unknown[] = [];
    for (const file of files) {
      signal.throwIfAborted();
      const options = { now, signal, ...this.#sizes };
      try {
        erased += (await rewriteFile(file, options, { db: this.#db, store: this.#store })) ?? 0;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return erased;
  }

  /** Deletes files that have held no results for a day. Returns their paths. */
  async deleteRemoved(now: Date, signal: AbortSignal): Promise<string[]> {
    return this.#inventory.deleteRemoved(now, signal);
  }

  /** How much is in files. */
  async totals(): Promise<ColdTotals> {
    const { rows } = await sql<ColdTotals>`
      select (select count(*) from result_partitions where moved_at is not null) as partitions, count(*) as files,
        coalesce(sum(rows), 0)::bigint as results, coalesce(sum(bytes), 0)::bigint as bytes
      from cold_files where removed_at is null`.execute(this.#db);
    return rows[0];
  }
}
