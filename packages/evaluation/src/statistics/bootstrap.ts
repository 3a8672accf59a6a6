import { createRandom } from '@revtr/probing';
import { quantile } from './quantiles.ts';
import { studentQuantile } from './student.ts';

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How items depend on each other, and which values figures can have. */
export interface BootstrapOptions<T> {
  /** Items of a group with the same key are drawn together. Default: each item is drawn on its own. */
  readonly clusterOf?: (item: T) => number | string;
  /** Least and largest possible value of a figure. Default: any value. */
  readonly bounds?: (name: string) => readonly [least: number, most: number];
}

const RESAMPLES = 300;
const SEED = 1;
const NORMAL_QUANTILE = 1.96;

/**
 * Estimates figures of grouped items with 95 % confidence intervals by the two-stage percentile bootstrap (Davison and
 * Hinkley 1997, section 3.8). Each of 300 resamples draws groups with replacement, then clusters of items from each drawn group, so that the
 * intervals include the variation between groups.
 *
 * A bootstrap of few groups is too narrow. The distances of the limits from the value are therefore multiplied by `t / 1.96 * sqrt(n / (n - 1))`
 * for n groups, with the quantile t of Student's distribution with n - 1 degrees of freedom (Hesterberg, What teachers should know about the
 * bootstrap, 2015, section 4). A single group says nothing about others: its intervals cover the variation of its items only.
 * The same groups give the same result. Resamples for which a figure cannot be computed are left out of its interval.
 */
export function bootstrap<T, Name extends string>(
  groups: readonly (readonly T[])[],
  figures: (sample: readonly T[]) => Record<Name, number>,
  { clusterOf, bounds }: BootstrapOptions<T> = {},
): Record<Name, Estimate> {
  const random = createRandom(SEED);
  const values = figures(groups.flat());
  const names = Object.keys(values) as Name[];
  const draws = new Map<Name, number[]>(names.map((name) => [name, []]));
  const clusters = groups.map((group) =>
    clusterOf === undefined ? group.map((item) => [item]) : [...Map.groupBy(group, clusterOf).values()],
  );
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = clusters.flatMap(() => {
      const own = random.pick(clusters);
      return own.flatMap(() => random.pick(own));
    });
    const sample = figures(drawn);
    for (const name of names) if (!Number.isNaN(sample[name])) draws.get(name)?.push(sample[name]);
  }
  const widening = wideningOf(groups.length);
  const estimate = (name: Name): Estimate => {
    const list = draws.get(name) ?? [];
    const value = values[name];
    const [least, most] = bounds?.(name) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const limit = (q: number): number =>
      list.length === 0 || !Number.isFinite(value)
        ? value
        : Math.min(most, Math.max(least, value + widening * (quantile(list, q) - value)));
    return { value, low: limit(0.025), high: limit(0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}

const wideningOf = (groups: number): number =>
  groups < 2 ? 1 : (studentQuantile(groups - 1) / NORMAL_QUANTILE) * Math.sqrt(groups / (groups - 1));
