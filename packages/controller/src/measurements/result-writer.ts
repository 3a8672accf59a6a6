import { setTimeout as sleep } from 'node:timers/promises';
import type { FinishedJob, Jobs } from '@revtr/storage';
import type { Logger } from 'pino';

export interface ResultWriterOptions {
  readonly owner: string;
  /** How long results are gathered before they are written together, milliseconds. */
  readonly gatherMs: number;
  /** Pause before a failed write is tried again, milliseconds. */
  readonly retryMs: number;
}

/** Writes results in groups, and keeps those of a failed write until it succeeds. */
export class ResultWriter {
  readonly #options: ResultWriterOptions;
  readonly #jobs: Jobs;
  readonly #log: Logger;
  readonly #onStored: (id: number) => void;
  #gathered: FinishedJob[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    options: ResultWriterOptions,
    collaborators: { readonly jobs: Jobs; readonly log: Logger; readonly onStored: (id: number) => void },
  ) {
    this.#options = options;
    this.#jobs = collaborators.jobs;
    this.#log = collaborators.log;
    this.#onStored = collaborators.onStored;
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
    await sleep(this.#options.gatherMs);
    while (this.#gathered.length > 0) {
      const group = this.#gathered.splice(0, MOST_AT_ONCE);
      try {
        const stored = await this.#jobs.finish(this.#options.owner, group, new Date());
        for (const id of stored) this.#onStored(id);
      } catch (error) {
        this.#log.error({ err: error, results: group.length }, 'results could not be stored; trying again');
        this.#gathered.unshift(...group);
        await sleep(this.#options.retryMs);
      }
    }
    this.#writing = undefined;
  }
}

const MOST_AT_ONCE = 500;
