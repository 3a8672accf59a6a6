/** How long to wait between attempts that keep failing. */
export interface BackOffOptions {
  /** Wait after the first failure, milliseconds. Each further failure doubles it. */
  readonly firstMs: number;
  /** Longest wait, milliseconds. */
  readonly mostMs: number;
  /**
   * Share of the wait that is random, 0 to 1. Default 0.5: the wait is between half of the doubled time and all of it, so that
   * peers that failed together do not retry together.
   */
  readonly jitter?: number;
}

/**
 * The wait before the next attempt, milliseconds: exponential back-off with jitter.
 * @param failures attempts that have failed in a row, at least 1
 * @param random a number from 0 to 1, for the jitter
 */
export function backOff(options: BackOffOptions, failures: number, random: () => number): number {
  const { firstMs, mostMs, jitter = 0.5 } = options;
  const whole = Math.min(mostMs, firstMs * 2 ** Math.max(0, failures - 1));
  return whole * (1 - jitter * random());
}
