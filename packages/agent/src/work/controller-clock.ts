import type { Clock } from '@revtr/probing';

/** The controller's clock, estimated from its last `welcome`. The times of grants and lists refer to it. */
export class ControllerClock {
  readonly #clock: Clock;
  readonly #createdAt: number;
  #offsetMs = 0;

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
    this.#createdAt = this.#clock.now();
  }

  /** Takes the controller's time, milliseconds since the Unix epoch. */
  set(now: number): void {
    this.#offsetMs = now - this.#clock.now();
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  /** When this object was created, by the controller's clock as it is known now. */
  get createdAt(): number {
    return this.#createdAt + this.#offsetMs;
  }
}
