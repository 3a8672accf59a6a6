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
export interface BootstrapOptions<T, Name extends string> {
  /** Items of a group with the same key are drawn together. Default: each item is drawn on its own. */
  readonly clusterOf?: (item: T) => number | string;
  /** A second key of clusters, which cross the first ones. Default: items depend on each other by the first key only. */
  readonly secondClusterOf?: (item: T) => number | string;
  /** Least and largest possible value of a figure. Default: any value. */
  readonly bounds?: (name: Name) => readonly [least: number, most: number];
}

const RESAMPLES = 500;
/** Resamples for variances, which need fewer than quantiles do. */
const VARIANCE_RESAMPLES = 200;
const SEED = 1;
const NORMAL_QUANTILE = 1.96;

/**
 * Estimates figures of grouped items with 95 % confidence intervals by the two-stage percentile bootstrap (Davison and
 * Hinkley 1997, section 3.8). Each of 500 resamples draws groups with replacement, then clusters of items from each drawn group, so that the
 * intervals include the variation between groups.
 *
 * Few groups show too little of that variation. Resamples of the items of all groups tell which part of the variance it is; its standard
 * deviation is multiplied by `t / 1.96 * sqrt(n / (n - 1))` for n groups, with the quantile t of Student's distribution with n - 1 degrees of
 * freedom (Hesterberg, What teachers should know about the bootstrap, 2015, section 4), and the distances of the limits from the value grow
 * accordingly. A single group says nothing about others: its intervals cover the variation of its items only.
 *
 * Clusters that cross each other, such as the networks of destinations and the sources, add to the variance as in two-way clustering (Cameron,
 * Gelbach and Miller, Robust inference with multiway clustering, 2011): by the variance of resamples of the second clusters, less that of
 * resamples of single items, with the same correction for few clusters. Groups of different second clusters contain this variation already,
 * so the larger of both counts.
 * The same groups give the same result. Resamples for which a figure cannot be computed are left out of its interval.
 */
export function bootstrap<T, Name extends string>(
  groups: readonly (readonly T[])[],
  figures: (sample: readonly T[]) => Record<Name, number>,
  { clusterOf, secondClusterOf, bounds }: BootstrapOptions<T, Name> = {},
): Record<Name, Estimate> {
  const random = createRandom(SEED);
  const values = figures(groups.flat());
  const names = Object.keys(values) as Name[];
  const by = (keyOf: ((item: T) => number | string) | undefined): Clusters<T> =>
    groups.map((group) =>
      keyOf === undefined ? group.map((item) => [item]) : [...Map.groupBy(group, keyOf).values()],
    );
  const clusters = by(clusterOf);
  const resample = (count: number, chosen: () => Clusters<T>): Record<Name, number>[] =>
    Array.from({ length: count }, () => figures(chosen().flatMap((own) => own.flatMap(() => random.pick(own)))));
  const draws = resample(RESAMPLES, () => clusters.map(() => random.pick(clusters)));
  const within = groups.length < 2 ? draws : resample(VARIANCE_RESAMPLES, () => clusters);
  const second = by(secondClusterOf);
  const crossing = freedomOf(second) > 0 && secondClusterOf !== undefined ? second : undefined;
  const [bySecond, byItem] = [crossing, crossing && by(undefined)].map((all) =>
    all === undefined ? [] : resample(VARIANCE_RESAMPLES, () => all),
  );
  const estimate = (name: Name): Estimate => {
    const [list, ...others] = [draws, within, bySecond, byItem].map((all) =>
      all.map((one) => one[name]).filter(Number.isFinite),
    );
    const [inside, secondVariance, itemVariance] = others.map(varianceOf);
    const value = values[name];
    const [least, most] = bounds?.(name) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const all = varianceOf(list);
    const extra = Math.max(
      correctionOf(groups.length, groups.length - 1) * (all - inside),
      correctionOf(second.flat().length, freedomOf(second)) * (secondVariance - itemVariance),
      0,
    );
    const widening = all === 0 ? 1 : Math.sqrt((Math.min(all, inside) + extra) / all);
    const limit = (q: number): number =>
      list.length === 0 || !Number.isFinite(value)
        ? value
        : Math.min(most, Math.max(least, value + widening * (quantile(list, q) - value)));
    return { value, low: limit(0.025), high: limit(0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}

/** The clusters of each group. */
type Clusters<T> = readonly (readonly (readonly T[])[])[];

/** Degrees of freedom of the variation between the clusters of all groups. */
const freedomOf = (clusters: Clusters<unknown>): number => clusters.flat().length - clusters.length;

/** By how much the variance that `count` units show grows because they are few; 0 if they cannot show any. */
const correctionOf = (count: number, degreesOfFreedom: number): number =>
  degreesOfFreedom < 1 ? 0 : ((studentQuantile(degreesOfFreedom) / NORMAL_QUANTILE) ** 2 * count) / degreesOfFreedom;

function varianceOf(list: readonly number[]): number {
  const centre = mean(list);
  return mean(list.map((value) => (value - centre) ** 2));
}
