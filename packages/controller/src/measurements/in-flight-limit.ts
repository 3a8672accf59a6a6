import type { Clock } from '@revtr/probing';

export interface InFlightLimitOptions {
  /** Most measurements under way at once. */
  readonly most: number;
}

export interface InFlightLimitCollaborators {
  /**
   * How much longer probes take inside this system than on an idle one, milliseconds; `undefined` while that is not known. Default: the limit
   * is always `most`.
   */
  readonly delayMs?: (() => number | undefined) | undefined;
  readonly clock: Clock;
}

/** Measurements under way at the start, and at least. */
const FIRST = 64;
const LEAST = 16;
/** Below the first delay there is room for more measurements, above the second one there are too many, milliseconds. */
const SHORT_MS = 100;
const LONG_MS = 250;
/** How much the limit grows and shrinks at once. */
const GROWTH = 1.1;
const SHRINKAGE = 0.8;
/** Only a limit that is used to this share is known to be too low. */
const USED = 0.8;
/** How long the effect of a lower limit takes to show, and how long a limit is kept for which no delay is known, milliseconds. */
const SETTLE_MS = 1_000;

/**
 * How many measurements may be under way at once: as many as probes, agents and this process can serve without making probes wait. More would
 * not end sooner. They would only wait longer, and answers that come late look like silence.
 */
export class InFlightLimit {
  readonly #most: number;
  readonly #delayMs: (() => number | undefined) | undefined;
  readonly #clock: Clock;
  #current: number;
  #settledAt = Number.NEGATIVE_INFINITY;

  constructor({ most }: InFlightLimitOptions, { delayMs, clock }: InFlightLimitCollaborators) {
    this.#most = most;
    this.#delayMs = delayMs;
    this.#clock = clock;
    this.#current = delayMs === undefined ? most : Math.min(FIRST, most);
  }

  get current(): number {
    return this.#current;
  }

  /** Adapts the limit to the present delay; to be called several times a second. */
  adapt(underWay: number): void {
    if (this.#delayMs === undefined) return;
    const delayMs = this.#delayMs();
    const now = this.#clock.now();
    const isUsed = underWay >= USED * this.#current;
    if (delayMs === undefined) {
      // Targets that do not answer must not keep the limit low. If they hide a delay, it shows when others answer.
      if (!isUsed || now < this.#settledAt) return;
      this.#grow();
      this.#settledAt = now + SETTLE_MS;
      return;
    }
    if (delayMs < SHORT_MS && isUsed) this.#grow();
    // Measurements above the limit are about to end: whether it is low enough shows only afterwards.
    if (delayMs <= LONG_MS || underWay > this.#current || now < this.#settledAt) return;
    this.#current = Math.min(this.#most, Math.max(LEAST, Math.floor(underWay * SHRINKAGE)));
    this.#settledAt = now + SETTLE_MS;
  }

  #grow(): void {
    this.#current = Math.min(this.#most, Math.ceil(this.#current * GROWTH));
  }
}
