export interface QuarantineOptions {
  /** Length of the first quarantine, milliseconds; each further one in a row is twice as long. */
  readonly firstMs: number;
  /** Longest quarantine, milliseconds. */
  readonly mostMs: number;
}

/**
 * When an agent whose tests have failed `level` times in a row is tested again: later each time, with jitter, so that those
 * that failed together are not tested together.
 */
export function quarantineEnd(options: QuarantineOptions, level: number, now: number, random: () => number): Date {
  const base = Math.min(options.mostMs, options.firstMs * 2 ** Math.max(0, level - 1));
  return new Date(now + base * (1 + random() / 2));
}
