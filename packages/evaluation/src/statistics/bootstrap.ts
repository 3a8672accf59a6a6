import { createRandom } from '@revtr/probing';
import { mean, quantile } from './quantiles.ts';
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
 * Few groups show too little of that variation. Resamples of the items of all groups tell which part of the variance it is; its standard
 * deviation is multiplied by `t / 1.96 * sqrt(n / (n - 1))` for n groups, with the quantile t of Student's distribution with n - 1 degrees of
 * freedom (Hesterberg, What teachers should know about the bootstrap, 2015, section 4), and the distances of the limits from the value grow
 * accordingly. A single group says nothing about others: its intervals cover the variation of its items only.
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
  const clusters = groups.map((group) =>
    clusterOf === undefined ? group.map((item) => [item]) : [...Map.groupBy(group, clusterOf).values()],
  );
  const resample = (chosen: () => readonly (readonly (readonly T[])[])[]): Record<Name, number>[] =>
    Array.from({ length: RESAMPLES }, () => figures(chosen().flatMap((own) => own.flatMap(() => random.pick(own)))));
  const draws = resample(() => clusters.map(() => random.pick(clusters)));
  const within = groups.length < 2 ? draws : resample(() => clusters);
  const estimate = (name: Name): Estimate => {
    const [list, inside] = [draws, within].map((all) => all.map((one) => one[name]).filter(Number.isFinite));
    const value = values[name];
    const [least, most] = bounds?.(name) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const widening = wideningOf(groups.length, varianceOf(list), varianceOf(inside));
    const limit = (q: number): number =>
      list.length === 0 || !Number.isFinite(value)
        ? value
        : Math.min(most, Math.max(least, value + widening * (quantile(list, q) - value)));
    return { value, low: limit(0.025), high: limit(0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}

/** By how much intervals grow. `all` is the variance of resamples of groups and items, `within` that of resamples of items only. */
function wideningOf(groups: number, all: number, within: number): number {
  if (groups < 2 || all === 0) return 1;
  const factor = (studentQuantile(groups - 1) / NORMAL_QUANTILE) * Math.sqrt(groups / (groups - 1));
  const between = Math.max(0, all - within) / all;
  return Math.sqrt(1 - between + between * factor ** 2);
}

function varianceOf(list: readonly number[]): number {
  const centre = mean(list);
  return mean(list.map((value) => (value - centre) ** 2));
}
