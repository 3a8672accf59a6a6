/** Options of an {@link AdaptiveTimeout}. */
export interface AdaptiveTimeoutOptions {
  /** Shortest timeout, milliseconds. */
  readonly leastMs: number;
  /** Longest timeout, used until something was measured, milliseconds. */
  readonly mostMs: number;
}

/** How long to wait for an answer, estimated from observed round-trip times (smoothed mean and variation as in RFC 6298, with gains of 1/16). */
export class AdaptiveTimeout {
  readonly #options: AdaptiveTimeoutOptions;
  #smoothed: number | undefined;
  #variation = 0;

  constructor(options: AdaptiveTimeoutOptions) {
    this.#options = options;
  }

  /** Learns one round-trip time, milliseconds. */
  observe(rttMs: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = rttMs;
      this.#variation = rttMs / 2;
      return;
    }
    this.#variation += (Math.abs(rttMs - this.#smoothed) - this.#variation) / 16;
    this.#smoothed += (rttMs - this.#smoothed) / 16;
  }

  /** The timeout now, milliseconds. */
  get current(): number {
    if (this.#smoothed === undefined) return this.#options.mostMs;
    const estimate = this.#smoothed + 4 * this.#variation;
    return Math.min(this.#options.mostMs, Math.max(this.#options.leastMs, estimate));
  }
}
