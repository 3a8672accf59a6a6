import type { Clock } from '@revtr/probing';
import type { ColdPartitions } from '@revtr/storage';
import type { Logger } from 'pino';
import type { ColdMetrics } from './cold-metrics.ts';
import type { ColdOptions } from './cold-options.ts';

export interface ColdKeeperCollaborators {
  readonly cold: Pick<ColdPartitions, 'prepare' | 'due' | 'move' | 'erase' | 'deleteRemoved' | 'totals'>;
  readonly metrics: ColdMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
/** Pause after a run that failed: a partition is written from its beginning again. */
const PAUSE_MS = 600_000;
/** How often the place is looked through for files that were left behind. */
const PREPARED_EVERY_MS = 3_600_000;

/** Moves old partitions of results to files, takes deleted results out of these, and deletes the files that hold none any more. */
export class ColdKeeper {
  readonly #options: Pick<ColdOptions, 'afterDays'>;
  readonly #collaborators: ColdKeeperCollaborators;
  #preparedUntil = 0;
  #pausedUntil = 0;
  /** First ids of the partitions that could not be moved; the last one to fail comes last. */
  #failed: readonly number[] = [];

  constructor(options: Pick<ColdOptions, 'afterDays'>, collaborators: ColdKeeperCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Does all that is due. What fails is logged and counted, and done again ten minutes later. Rejects with the reason of `signal` when that fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, metrics, log } = this.#collaborators;
    if (clock.now() < this.#pausedUntil) return;
    let isFailed = false;
    for (const work of [this.#prepare, this.#deleteRemoved, this.#erase, this.#move, this.#report]) {
      // Without the place, nothing can be done but say so.
      if (!this.#isPrepared() && work !== this.#prepare && work !== this.#report) continue;
      try {
        await work(signal);
      } catch (error) {
        signal.throwIfAborted();
        isFailed = true;
        log.error({ err: error }, 'cold results could not be kept in order; trying again in ten minutes');
      }
    }
    if (isFailed) {
      metrics.failed();
      // A write that failed may have left a file behind.
      this.#preparedUntil = 0;
      this.#pausedUntil = clock.now() + PAUSE_MS;
    } else metrics.succeeded(clock.now());
  }

  /** Another process does so from now on. */
  ended(): void {
    this.#collaborators.metrics.ended();
  }

  #isPrepared(): boolean {
    return this.#collaborators.clock.now() < this.#preparedUntil;
  }

  readonly #prepare = async (signal: AbortSignal): Promise<void> => {
    if (this.#isPrepared()) return;
    const { cold, clock, log } = this.#collaborators;
    const left = await cold.prepare(this.#now(), signal);
    this.#preparedUntil = clock.now() + PREPARED_EVERY_MS;
    if (left.length > 0) log.info({ files: left.length }, 'unfinished files of cold results were deleted');
  };

  readonly #deleteRemoved = async (signal: AbortSignal): Promise<void> => {
    const { cold, log } = this.#collaborators;
    const deleted = await cold.deleteRemoved(this.#now(), signal);
    if (deleted.length > 0) log.info({ files: deleted.length }, 'files that hold no results any more were deleted');
  };

  readonly #erase = async (signal: AbortSignal): Promise<void> => {
    const { cold, log } = this.#collaborators;
    const erased = await cold.erase(this.#now(), signal);
    if (erased > 0) log.info({ results: erased }, 'deleted results were taken out of their files');
  };

  readonly #move = async (signal: AbortSignal): Promise<void> => {
    const { cold, log } = this.#collaborators;
    for (const partition of await this.#dueInTurn()) {
      signal.throwIfAborted();
      // An error ends the run: otherwise, each partition would have to fail while the place cannot be used.
      const moved = await cold.move(partition, this.#now(), signal).catch((error: unknown) => {
        this.#failed = [...this.#failed.filter((id) => id !== partition.first_id), partition.first_id];
        throw error;
      });
      if (moved === undefined) continue;
      const files = moved.files.map(({ path, rows, bytes }) => ({ path, rows, bytes }));
      log.info({ firstId: partition.first_id, closedAt: partition.closed_at, files }, 'results moved to files');
    }
  };

  readonly #report = async (): Promise<void> => {
    const { cold, metrics } = this.#collaborators;
    const [oldest] = await this.#due();
    const closedAt = oldest?.closed_at?.getTime();
    const overdue = closedAt === undefined ? 0 : this.#time().getTime() - closedAt;
    metrics.set(await cold.totals(), Math.max(0, overdue / 1_000));
  };

  /** What is due. A partition that could not be moved comes after all others, so that it does not keep them waiting. */
  async #dueInTurn() {
    const due = await this.#due();
    this.#failed = this.#failed.filter((id) => due.some(({ first_id }) => first_id === id));
    const turnOf = ({ first_id }: (typeof due)[number]): number => this.#failed.indexOf(first_id);
    return due.toSorted((a, b) => turnOf(a) - turnOf(b));
  }

  #due() {
    return this.#collaborators.cold.due(this.#time(), this.#now());
  }

  /** Partitions that ended before then move. */
  #time(): Date {
    return new Date(this.#collaborators.clock.now() - this.#options.afterDays * DAY_MS);
  }

  #now(): Date {
    return new Date(this.#collaborators.clock.now());
  }
}
