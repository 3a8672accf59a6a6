import type { Clock } from '@revtr/probing';

/** The controller's clock, estimated from its last `welcome`. The times of grants and lists refer to it. */
export class ControllerClock {
  readonly #clock: Clock;
  #offsetMs = 0;

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
  }

  /** Takes the controller's time, milliseconds since the Unix epoch. */
  set(now: number): void {
    this.#offsetMs = now - this.#clock.now();
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }
}
