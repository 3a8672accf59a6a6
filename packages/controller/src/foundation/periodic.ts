import type { Clock } from '@revtr/probing';

export interface PeriodicOptions {
  /** Pause between the end of one run and the start of the next, milliseconds. */
  readonly everyMs: number;
  /** Whether the first run begins at once instead of after the first pause. Default `false`. */
  readonly isImmediate?: boolean;
}

export interface PeriodicCollaborators {
  readonly clock: Clock;
  /** One run. It ends early when `signal` fires. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Receives what a run rejects with; the next run starts as usual. */
  readonly onError: (error: unknown) => void;
}

/** Repeats work at an interval until it is stopped. Runs never overlap, and a run that fails does not end the series. */
export class Periodic {
  readonly #options: PeriodicOptions;
  readonly #collaborators: PeriodicCollaborators;
  readonly #over = new AbortController();
  #loop: Promise<void> | undefined;
  #pause = new AbortController();
  #isWoken = false;

  constructor(options: PeriodicOptions, collaborators: PeriodicCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Begins the series. A second call changes nothing. */
  start(): void {
    this.#loop ??= this.#repeat();
  }

  /** Ends the current pause, so that the next run begins now; during a run, lets another one follow at once. */
  wake(): void {
    this.#isWoken = true;
    this.#pause.abort();
  }

  /** Ends the series, and resolves when the run under way has ended. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.#pause.abort();
    await this.#loop;
  }

  async #repeat(): Promise<void> {
    const { clock, work, onError } = this.#collaborators;
    const { everyMs, isImmediate = false } = this.#options;
    const { signal } = this.#over;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      if (!this.#isWoken && !(isFirst && isImmediate)) {
        this.#pause = new AbortController();
        await clock.sleep(everyMs, this.#pause.signal).catch(() => undefined);
      }
      if (signal.aborted) return;
      this.#isWoken = false;
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
    }
  }
}
