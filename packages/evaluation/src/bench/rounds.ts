import { median } from '../statistics/quantiles.ts';

/** Rounds of each timed benchmark. */
const ROUNDS = 5;

/** Runs `work` five times and returns the median of its durations, in seconds. */
export function medianSeconds(work: () => void): number {
  const durations = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  });
  return median(durations);
}
