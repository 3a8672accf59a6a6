import { createRandom } from '@revtr/probing';
import { quantile } from './quantiles.ts';

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 300;
const SEED = 1;

/**
 * Estimates several figures of a list and how sure they are, by drawing lists of the same length from it with replacement
 * (percentile bootstrap). The same list gives the same answer.
 */
export function bootstrap<T, Name extends string>(
  items: readonly T[],
  figures: (sample: readonly T[]) => Record<Name, number>,
): Record<Name, Estimate> {
  const random = createRandom(SEED);
  const values = figures(items);
  const names = Object.keys(values) as Name[];
  const draws = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = figures(Array.from({ length: items.length }, () => items[random.below(items.length)]));
    for (const name of names) draws.get(name)?.push(drawn[name]);
  }
  const estimate = (name: Name): Estimate => {
    const list = draws.get(name) ?? [];
    return { value: values[name], low: quantile(list, 0.025), high: quantile(list, 0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}
