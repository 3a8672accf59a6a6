import { type Clock, cancelled } from '@revtr/probing';

/** Runs work after a trigger: at once, unless it ran less than `everyMs` ago; triggers until then cause one run. */
export class Coalescer {
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #work: () => void;
  readonly #over = new AbortController();
  #ranAt = Number.NEGATIVE_INFINITY;
  #isTriggered = false;

  constructor(
    options: { readonly everyMs: number },
    collaborators: { readonly clock: Clock; readonly work: () => void },
  ) {
    this.#everyMs = options.everyMs;
    this.#clock = collaborators.clock;
    this.#work = collaborators.work;
  }

  trigger(): void {
    if (this.#isTriggered || this.#over.signal.aborted) return;
    const waitMs = this.#ranAt + this.#everyMs - this.#clock.now();
    if (waitMs <= 0) {
      this.#run();
      return;
    }
    this.#isTriggered = true;
    this.#clock.sleep(waitMs, this.#over.signal).then(
      () => {
        this.#isTriggered = false;
        this.#run();
      },
      // Only `stop` ends the wait early.
      () => undefined,
    );
  }

  /** Ends the wait of a trigger; the work does not run any more. */
  stop(): void {
    this.#over.abort(cancelled());
  }

  #run(): void {
    this.#ranAt = this.#clock.now();
    this.#work();
  }
}
