import { CONFIDENCE, SIMULATED_PUBLISHED_ASSUMPTIONS } from '@revtr/engine';
import type { UnitResult } from '../evaluate/units/unit-result.ts';
import { judgedHops } from '../judging/accuracy.ts';
import type { JudgedHop } from '../judging/judged-pair.ts';
import { share } from '../statistics/quantiles.ts';

/** Hops of one kind behind a right hop: how many there are, and the share that is right. */
interface Share {
  readonly hops: number;
  readonly right: number;
}

/** A constant of the engine with what it should be. */
export interface ConstantFigures {
  readonly name: string;
  /** The value of the program; `undefined` where it has several, or where others decide. */
  readonly shipped: number | undefined;
  readonly all: Share;
  readonly byFamily: ReadonlyMap<string, Share>;
}

/** How much more often something is observed at right hops than at wrong ones. */
export interface RatioFigures {
  readonly name: string;
  readonly shipped: number;
  readonly hops: number;
  /** Not finite where none of the wrong hops shows it. */
  readonly measured: number;
}

interface FamilyHop {
  readonly hop: JudgedHop;
  readonly family: string;
}

/** Judged hops of usual pairs that follow a right hop, or the destination. */
const behindRight = (results: readonly UnitResult[]): FamilyHop[] =>
  results.flatMap(({ unit: { family }, pairs }) =>
    pairs
      .filter(({ isUsual }) => isUsual)
      .flatMap(({ hops }) =>
        judgedHops(hops).flatMap((hop, i, judged) =>
          i > 0 && judged[i - 1].verdict === 'wrong' ? [] : [{ hop, family }],
        ),
      ),
  );

/** The share of right hops for each constant. */
export function constantFigures(results: readonly UnitResult[]): ConstantFigures[] {
  const groups = Map.groupBy(behindRight(results), ({ hop }) => hop.constant);
  return [...groups]
    .map(([name, hops]): ConstantFigures => {
      const families = Map.groupBy(hops, ({ family }) => family);
      const byFamily = new Map([...families].map(([family, own]) => [family, shareOf(own)]));
      return { name, shipped: shippedValue(name), all: shareOf(hops), byFamily };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Likelihood ratios of what was observed about assumed hops, by adjacency. */
export function ratioFigures(results: readonly UnitResult[]): RatioFigures[] {
  const observed = behindRight(results).filter(({ hop }) => hop.ratio !== undefined);
  const groups = Map.groupBy(observed, ({ hop }) =>
    hop.constant.startsWith('notAdjacent') ? 'not adjacent' : 'adjacent',
  );
  return [...groups].flatMap(([name, hops]) => {
    const right = hops.filter(({ hop }) => hop.verdict === 'right');
    const byRatio = Map.groupBy(hops, ({ hop }) => hop.ratio ?? 1);
    return [...byRatio].map(([shipped, own]): RatioFigures => {
      const ownRight = own.filter(({ hop }) => hop.verdict === 'right').length;
      const measured = ownRight / right.length / ((own.length - ownRight) / (hops.length - right.length));
      return { name, shipped, hops: own.length, measured };
    });
  });
}

const shareOf = (hops: readonly FamilyHop[]): Share => ({
  hops: hops.length,
  right: share(hops.filter(({ hop }) => hop.verdict === 'right').length, hops.length),
});

/** Follows the fields of a name through the constants. */
function shippedValue(name: string): number | undefined {
  let value: unknown = { ...CONFIDENCE, ...SIMULATED_PUBLISHED_ASSUMPTIONS };
  for (const field of name.split('.'))
    value = typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(field) : undefined;
  return typeof value === 'number' ? value : undefined;
}
