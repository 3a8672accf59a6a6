import { type BackOffOptions, backOff, type Clock } from '@revtr/probing';
import type { FinishedJob, Jobs } from '@revtr/storage';
import type { Logger } from 'pino';

export interface ResultWriterOptions {
  readonly owner: string;
  /** How long results are gathered before they are written together, milliseconds. */
  readonly gatherMs: number;
  /** Least time from the end of a write to the begin of the next one, milliseconds. */
  readonly leastPauseMs: number;
  /** Pauses before a failed write is tried again. */
  readonly retry: BackOffOptions;
}

/** Writes results in groups, and keeps those of a failed write until it succeeds. */
export class ResultWriter {
  readonly #options: ResultWriterOptions;
  readonly #jobs: Pick<Jobs, 'finish'>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Logger;
  readonly #onWritten: (id: number, isStored: boolean) => void;
  #gathered: FinishedJob[] = [];
  #writing: Promise<void> | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(
    options: ResultWriterOptions,
    collaborators: {
      readonly jobs: Pick<Jobs, 'finish'>;
      readonly clock: Clock;
      /** A number from 0 to 1. */
      readonly random: () => number;
      readonly log: Logger;
      /** Called for each result once it is written: it is stored, or rejected because another process has leased or ended the job. */
      readonly onWritten: (id: number, isStored: boolean) => void;
    },
  ) {
    this.#options = options;
    this.#jobs = collaborators.jobs;
    this.#clock = collaborators.clock;
    this.#random = collaborators.random;
    this.#log = collaborators.log;
    this.#onWritten = collaborators.onWritten;
  }

  add(finished: FinishedJob): void {
    this.#gathered.push(finished);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything added so far is stored. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    let failures = 0;
    await this.#clock.sleep(Math.max(this.#options.gatherMs, this.#pauseMs));
    while (this.#gathered.length > 0) {
      const group = this.#gathered.splice(0, MOST_AT_ONCE);
      try {
        const stored = new Set(await this.#jobs.finish(this.#options.owner, group, new Date(this.#clock.now())));
        failures = 0;
        for (const { id } of group) this.#onWritten(id, stored.has(id));
      } catch (error) {
        this.#log.error({ err: error, results: group.length }, 'results could not be stored; trying again');
        this.#gathered.unshift(...group);
        failures++;
        await this.#clock.sleep(backOff(this.#options.retry, failures, this.#random));
        continue;
      }
      this.#wroteAt = this.#clock.now();
      if (this.#gathered.length > 0 && this.#gathered.length < MOST_AT_ONCE) await this.#clock.sleep(this.#pauseMs);
    }
    this.#writing = undefined;
  }

  /** How long the next write must wait after the last one, milliseconds. The clock may have been set back since then. */
  get #pauseMs(): number {
    const { leastPauseMs } = this.#options;
    return Math.max(0, Math.min(leastPauseMs, this.#wroteAt + leastPauseMs - this.#clock.now()));
  }
}

const MOST_AT_ONCE = 500;
