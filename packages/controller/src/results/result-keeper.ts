import type { Clock } from '@revtr/probing';
import type { JsonResults, ResultPartitions } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';

export interface ResultKeeperCollaborators {
  readonly partitions: Pick<ResultPartitions, 'prepare'>;
  readonly jsonResults: Pick<JsonResults, 'convert'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 60_000;
/** Results of earlier versions that one transaction converts, and the pause after it: measurements go on meanwhile. */
const CONVERTED_AT_ONCE = 500;
const CONVERSION_PAUSE_MS = 250;

/** Keeps the tables of results in order, for all processes: makes their partitions, and converts results of earlier versions. */
export class ResultKeeper {
  readonly #collaborators: ResultKeeperCollaborators;
  readonly #series: Periodic;
  #isConverted = false;

  constructor(collaborators: ResultKeeperCollaborators) {
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

  stop(): Promise<void> {
    return this.#series.stop();
  }

  /** Does all that is due. Rejects with what failed; the next run goes on from there. */
  async run(signal: AbortSignal): Promise<void> {
    const { partitions, clock } = this.#collaborators;
    await partitions.prepare(new Date(clock.now()));
    if (!this.#isConverted) await this.#convert(signal);
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
