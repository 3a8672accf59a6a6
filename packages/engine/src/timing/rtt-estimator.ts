/** Gains of the smoothed mean and variation: those of RFC 6298, for samples of one path in sequence. */
const PATH_GAINS = { mean: 1 / 8, variation: 1 / 4 };
/** Gains where samples of many paths mix: a few fast answers in a row must not shorten the wait for the others. */
const MIXED_GAINS = { mean: 1 / 32, variation: 1 / 16 };

/** Smoothed mean and variation of round-trip times (RFC 6298, section 2). */
export class RttEstimator {
  readonly #gains: { readonly mean: number; readonly variation: number };
  #mean: number | undefined;
  #variation = 0;

  /** @param samples whether the samples are of one path or of many */
  constructor(samples: 'onePath' | 'manyPaths') {
    this.#gains = samples === 'onePath' ? PATH_GAINS : MIXED_GAINS;
  }

  /** Learns one round-trip time, milliseconds. */
  observe(rttMs: number): void {
    if (this.#mean === undefined) {
      this.#mean = rttMs;
      this.#variation = rttMs / 2;
      return;
    }
    this.#variation += (Math.abs(rttMs - this.#mean) - this.#variation) * this.#gains.variation;
    this.#mean += (rttMs - this.#mean) * this.#gains.mean;
  }

  /** The mean plus so many variations, milliseconds; `undefined` before the first sample. */
  mostMs(variations: number): number | undefined {
    return this.#mean === undefined ? undefined : this.#mean + variations * this.#variation;
  }
}
