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
 * Estimates figures of grouped items with 95 % confidence intervals by the two-stage percentile bootstrap (Davison and
 * Hinkley 1997, section 3.8). Each of 300 resamples draws groups with replacement, then items from each drawn group, so the
 * intervals include the variation between groups. The same groups give the same result.
 */
export function bootstrap<T, Name extends string>(
  groups: readonly (readonly T[])[],
  figures: (sample: readonly T[]) => Record<Name, number>,
): Record<Name, Estimate> {
  const random = createRandom(SEED);
  const values = figures(groups.flat());
  const names = Object.keys(values) as Name[];
  const draws = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = groups.flatMap(() => {
      const group = random.pick(groups);
      return group.map(() => random.pick(group));
    });
    const sample = figures(drawn);
    for (const name of names) draws.get(name)?.push(sample[name]);
  }
  const estimate = (name: Name): Estimate => {
    const list = draws.get(name) ?? [];
    return { value: values[name], low: quantile(list, 0.025), high: quantile(list, 0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}
