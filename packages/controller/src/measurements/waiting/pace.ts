/** How fast a runner takes measurements from a queue that is not empty. */
export interface Pace {
  /** Measurements per second. */
  readonly perSecond: number;
  /** How long a measurement takes, milliseconds. */
  readonly meanMs: number;
}

/** Measurements that must have ended before the pace is known, and those over which it is averaged. */
const LEAST_ENDED = 20;
const AVERAGED = 500;

/** Measures the pace of a runner from how long its measurements take (Little's law), which holds also while it has little to do. */
export class PaceMeter {
  #ended = 0;
  #meanMs = 0;

  /** A measurement has ended that took `durationMs`. */
  note(durationMs: number): void {
    this.#ended++;
    this.#meanMs += (durationMs - this.#meanMs) / Math.min(this.#ended, AVERAGED);
  }

  /** The pace with so many places in use; `undefined` while too little is known. */
  at(places: number): Pace | undefined {
    if (this.#ended < LEAST_ENDED) return undefined;
    return { perSecond: (1_000 * places) / Math.max(1, this.#meanMs), meanMs: this.#meanMs };
  }
}
