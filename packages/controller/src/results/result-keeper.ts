import type { Clock } from '@revtr/probing';
import type { JsonResults, ResultPartitions } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import type { ColdKeeper } from './cold-keeper.ts';

export interface ResultKeeperOptions {
  /** How long results are kept after the day on which they were submitted, days. `undefined`: for ever. */
  readonly keptDays: number | undefined;
}

export interface ResultKeeperCollaborators {
  readonly partitions: Pick<ResultPartitions, 'prepare' | 'dropBefore'>;
  readonly jsonResults: Pick<JsonResults, 'convert'>;
  /** Absent where results stay in the database. */
  readonly cold: Pick<ColdKeeper, 'run' | 'ended'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 60_000;
/** Results of earlier versions that one transaction converts, and the pause after it: measurements go on meanwhile. */
const CONVERTED_AT_ONCE = 500;
const CONVERSION_PAUSE_MS = 250;

/** Keeps the tables of results in order, for all processes: makes their partitions, converts results of earlier versions, deletes
 * old ones, and moves others to files. */
export class ResultKeeper {
  readonly #options: ResultKeeperOptions;
  readonly #collaborators: ResultKeeperCollaborators;
  readonly #series: Periodic;
  #isConverted = false;

  constructor(options: ResultKeeperOptions, collaborators: ResultKeeperCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#series = new Periodic(
      { everyMs: EVERY_MS, isImmediate: true },
      {
        clock,
        work: (signal) => this.run(signal),
        onError: (error) => log.error({ err: error }, 'the tables of results could not be kept in order; trying again'),
      },
    );
  }

  start(): void {
    this.#series.start();
  }

  async stop(): Promise<void> {
    await this.#series.stop();
    this.#collaborators.cold?.ended();
  }

  /** Does all that is due. Rejects with what failed; the next run goes on from there. */
  async run(signal: AbortSignal): Promise<void> {
    const { partitions, clock } = this.#collaborators;
    await partitions.prepare(new Date(clock.now()));
    if (!this.#isConverted) await this.#convert(signal);
    await this.#deleteOld();
    await this.#collaborators.cold?.run(signal);
  }

  async #deleteOld(): Promise<void> {
    const { partitions, clock, log } = this.#collaborators;
    const { keptDays } = this.#options;
    if (keptDays === undefined) return;
    const now = clock.now();
    const dropped = await partitions.dropBefore(new Date(now - keptDays * DAY_MS), new Date(now));
    for (const { first_id, end_id, closed_at } of dropped)
      log.info(
        { firstId: first_id, endId: end_id, closedAt: closed_at },
        'results older than their retention were deleted',
      );
  }

  async #convert(signal: AbortSignal): Promise<void> {
    const { jsonResults, clock, log } = this.#collaborators;
    for (let converted = 0; ; await clock.sleep(CONVERSION_PAUSE_MS, signal)) {
      const some = await jsonResults.convert(CONVERTED_AT_ONCE);
      if (some === 0) {
        this.#isConverted = true;
        if (converted > 0) log.info({ results: converted }, 'results of an earlier version were converted');
        return;
      }
      converted += some;
    }
  }
}
