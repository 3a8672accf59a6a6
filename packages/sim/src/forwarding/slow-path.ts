import type { Random } from '@revtr/probing';
import { standardNormal } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { RateLimits } from './rate-limit.ts';

/** Median delay of a slow path, milliseconds, and the spread of its logarithm: a mean of 21 ms, and 1 % above 200 ms. */
const MEDIAN_DELAY_MS = 8;
const LOG_SPREAD = 1.4;
/** The highest limit in multiples of the lowest one; between them the logarithm of the limit is uniform. */
const LIMIT_RANGE = 100;

/**
 * The slow path of routers that process packets with options in software: it limits their rate, loses some, and delays them with a long
 * tail. Packets with an option take 7 to 26 % longer for the round trip (Rossi and Welzl, 2003 and 2004); a mean of 21 ms on one router
 * of each round trip gives 14 % of 150 ms. Of 79 vantage points 8 lose more than a quarter of the answers at 100 packets a second (IMC 2017); the limits
 * range from those 10 to 20 to values that no single vantage point reaches. The shapes of both are assumptions.
 */
export class SlowPath {
  readonly #limits: RateLimits;
  readonly #loss: number;
  readonly #random: Random;

  constructor(routers: number, parameters: SimParameters, random: Random) {
    const limits = Float64Array.from(
      { length: routers },
      () => parameters.optionsSlowPathPerSecond * LIMIT_RANGE ** random.next(),
    );
    this.#limits = new RateLimits(limits);
    this.#loss = parameters.optionsSlowPathLoss;
    this.#random = random;
  }

  /** Returns how long `router` holds the packet that arrives at `atMs`, milliseconds, or `undefined` when it drops it. Calls must be in order of arrival. */
  delay(router: number, atMs: number): number | undefined {
    if (!this.#limits.take(router, atMs) || this.#random.chance(this.#loss)) return undefined;
    return MEDIAN_DELAY_MS * Math.exp(LOG_SPREAD * standardNormal(this.#random));
  }
}
