import type { VirtualClock } from '@revtr/sim';

/**
 * Drives virtual time for a system whose database and API take real time: time stands still while the database works, passes as fast as real time while a
 * client waits for the API, and otherwise advances to the next event at once.
 */
export class PacedTime {
  readonly #clock: VirtualClock;
  #statements = 0;
  #requests = 0;
  #resume: (() => void) | undefined;

  constructor(collaborators: { readonly clock: VirtualClock }) {
    this.#clock = collaborators.clock;
  }

  /** Stops time until a statement of the database has ended. */
  readonly holdFor = (statement: Promise<unknown>): void => {
    this.#statements++;
    this.#update();
    const ended = (): void => {
      this.#statements--;
      this.#update();
    };
    statement.then(ended, ended);
  };

  /** Lets time pass as fast as real time until a request has been answered. */
  async during<T>(request: () => Promise<T>): Promise<T> {
    this.#requests++;
    this.#update();
    try {
      return await request();
    } finally {
      this.#requests--;
      this.#update();
    }
  }

  #update(): void {
    if (this.#statements > 0) {
      this.#resume ??= this.#clock.hold();
      return;
    }
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
    if (this.#requests > 0) this.#clock.pace();
    else this.#clock.unpace();
  }
}
