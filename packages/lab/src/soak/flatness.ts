import type { ProcessUsage } from './process-usage.ts';

/** Medians of what the controller used in the second and in the last quarter of a run. */
export interface Flatness {
  readonly early: ProcessUsage;
  readonly late: ProcessUsage;
  readonly isFlat: boolean;
}

/** Growth that is no leak: the caches of the controller fill slowly. */
const MOST_GROWTH_SHARE = 0.15;
const MOST_GROWTH_MIB = 50;
const MOST_MORE_FILES = 30;
const MOST_MORE_THREADS = 2;

/** Compares samples that were taken at equal intervals. The first quarter, in which caches fill, does not count. */
export function flatnessOf(samples: readonly ProcessUsage[]): Flatness {
  const quarter = Math.floor(samples.length / 4);
  const early = mediansOf(samples.slice(quarter, 2 * quarter));
  const late = mediansOf(samples.slice(-quarter));
  const isFlat =
    late.memoryMib <= early.memoryMib * (1 + MOST_GROWTH_SHARE) + MOST_GROWTH_MIB &&
    late.openFiles <= early.openFiles + MOST_MORE_FILES &&
    late.threads <= early.threads + MOST_MORE_THREADS;
  return { early, late, isFlat };
}

function mediansOf(samples: readonly ProcessUsage[]): ProcessUsage {
  const median = (of: keyof ProcessUsage): number =>
    samples.map((sample) => sample[of]).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
  return { memoryMib: median('memoryMib'), openFiles: median('openFiles'), threads: median('threads') };
}
