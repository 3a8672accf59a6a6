import { backOff } from '@revtr/probing';

export interface QuarantineOptions {
  /** Shortest first quarantine, milliseconds; each further one in a row is twice as long. */
  readonly firstMs: number;
  /** Longest quarantine without its jitter, milliseconds. */
  readonly mostMs: number;
}

/**
 * When an agent whose tests have failed `level` times in a row is tested again. The wait doubles with each failure and is up to half
 * as long again at random: agents that failed together are then not tested together.
 */
export function quarantineEnd(options: QuarantineOptions, level: number, now: number, random: () => number): Date {
  return new Date(now + backOff({ ...options, jitter: 0 }, level, random) * (1 + random() / 2));
}
