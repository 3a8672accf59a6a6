import { MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import { share, shareWithin } from '../../statistics/quantiles.ts';
import { type Confidence, compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';

const RR17 = 'IMC 2017, figures 1 and 2';
const COVERAGE = 'IMC 2017, section 3.3';

/** Distance of destinations to the closest vantage point in Record Route hops, and how it depends on the number of vantage points. */
export function distanceRows({ slots, answered, targets }: RecordRouteSurvey): RealismRow[] {
  const answering = targets.flatMap((_, i) => (answered.some((row) => row[i] === 1) ? [i] : []));
  const order = greedyOrder(slots, answering);
  const closest = (count: number): number[] =>
    answering.map((target) =>
      Math.min(...order.slice(0, count).map((v) => slots[v][target] || Number.POSITIVE_INFINITY)),
    );
  const [all, ten, one] = [closest(order.length), closest(10), closest(1)];
  const reachable = shareWithin(all, MAX_RECORD_ROUTE_SLOTS);
  const row = (
    [distances, name]: readonly [readonly number[], string],
    hops: number,
    [published, tolerance, confidence = 'plot']: readonly [number, number, Confidence?],
  ): RealismRow =>
    compare([`${name} within ${hops} hops`, published, tolerance, confidence], RR17, shareWithin(distances, hops));
  const closestOfAll = [all, 'closest of all vantage points'] as const;
  const closestOfTen = [ten, 'closest of the best 10'] as const;
  const best = [one, 'the best one'] as const;
  return [
    row(closestOfAll, 3, [0.045, 0.03]),
    row(closestOfAll, 4, [0.16, 0.04]),
    row(closestOfAll, 5, [0.31, 0.05]),
    row(closestOfAll, 6, [0.445, 0.05]),
    row(closestOfAll, 7, [0.545, 0.05]),
    row(closestOfAll, 8, [0.615, 0.05]),
    row(closestOfAll, 9, [0.665, 0.05, 'read']),
    row(closestOfTen, 4, [0.13, 0.04]),
    row(closestOfTen, 6, [0.39, 0.06]),
    row(closestOfTen, 8, [0.575, 0.06]),
    row(closestOfTen, 9, [0.635, 0.06]),
    row(best, 4, [0.045, 0.03]),
    row(best, 6, [0.23, 0.06]),
    row(best, 8, [0.42, 0.06]),
    row(best, 9, [0.485, 0.06]),
    ...(
      [
        [1, 0.73],
        [2, 0.82],
        [3, 0.86],
        [5, 0.91],
        [10, 0.95],
      ] as const
    ).map(([count, published]) =>
      compare(
        [`reached by the best ${count} of what all vantage points reach`, published, 0.05, 'read'],
        COVERAGE,
        share(shareWithin(closest(count), MAX_RECORD_ROUTE_SLOTS), reachable),
      ),
    ),
  ];
}

/** Vantage points in the order in which each adds most reachable targets. */
function greedyOrder(slots: readonly Uint8Array[], targets: readonly number[]): number[] {
  const order: number[] = [];
  const left = new Set(slots.keys());
  let open = targets;
  while (left.size > 0) {
    const gain = (v: number): number => open.filter((target) => slots[v][target] > 0).length;
    const gains = [...left].map((v) => [v, gain(v)] as const);
    const [best] = gains.reduce((a, b) => (b[1] > a[1] ? b : a));
    order.push(best);
    left.delete(best);
    open = open.filter((target) => slots[best][target] === 0);
  }
  return order;
}
