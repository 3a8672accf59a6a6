import { share } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';

const RR17 = 'IMC 2017, figures 1 and 2';
const COVERAGE = 'IMC 2017, section 3.3';
const SLOTS = 9;

/** Distance of destinations to the closest vantage point in Record Route hops, and how it depends on the number of vantage points. */
export function distanceRows({ slots, answered, targets }: RecordRouteSurvey): RealismRow[] {
  const answering = targets.flatMap((_, i) => (answered.some((row) => row[i] === 1) ? [i] : []));
  const order = greedyOrder(slots, answering);
  const closest = (count: number): number[] =>
    answering.map((target) =>
      Math.min(...order.slice(0, count).map((v) => slots[v][target] || Number.POSITIVE_INFINITY)),
    );
  const within = (distances: readonly number[], hops: number): number =>
    share(distances.filter((distance) => distance <= hops).length, distances.length);
  const [all, ten, one] = [closest(order.length), closest(10), closest(1)];
  const reachable = within(all, SLOTS);
  return [
    compare(['closest of all vantage points within 3 hops', 0.045, 0.03, 'plot'], RR17, within(all, 3)),
    compare(['closest of all vantage points within 4 hops', 0.16, 0.04, 'plot'], RR17, within(all, 4)),
    compare(['closest of all vantage points within 5 hops', 0.31, 0.05, 'plot'], RR17, within(all, 5)),
    compare(['closest of all vantage points within 6 hops', 0.445, 0.05, 'plot'], RR17, within(all, 6)),
    compare(['closest of all vantage points within 7 hops', 0.545, 0.05, 'plot'], RR17, within(all, 7)),
    compare(['closest of all vantage points within 8 hops', 0.615, 0.05, 'plot'], RR17, within(all, 8)),
    compare(['closest of all vantage points within 9 hops', 0.665, 0.05, 'read'], RR17, reachable),
    compare(['closest of the best 10 within 4 hops', 0.13, 0.04, 'plot'], RR17, within(ten, 4)),
    compare(['closest of the best 10 within 6 hops', 0.39, 0.06, 'plot'], RR17, within(ten, 6)),
    compare(['closest of the best 10 within 8 hops', 0.575, 0.06, 'plot'], RR17, within(ten, 8)),
    compare(['closest of the best 10 within 9 hops', 0.635, 0.06, 'plot'], RR17, within(ten, 9)),
    compare(['the best one within 4 hops', 0.045, 0.03, 'plot'], RR17, within(one, 4)),
    compare(['the best one within 6 hops', 0.23, 0.06, 'plot'], RR17, within(one, 6)),
    compare(['the best one within 8 hops', 0.42, 0.06, 'plot'], RR17, within(one, 8)),
    compare(['the best one within 9 hops', 0.485, 0.06, 'plot'], RR17, within(one, 9)),
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
        share(within(closest(count), SLOTS), reachable),
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
