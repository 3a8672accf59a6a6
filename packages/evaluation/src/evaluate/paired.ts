import { share } from '../statistics/quantiles.ts';
import type { Unit, UnitResult } from './unit.ts';

/** Shares of exact AS paths of a plan and of a reference plan, on the pairs that the reference completes. */
export interface PairedFigure extends Pick<Unit, 'plan' | 'size' | 'fleet'> {
  readonly reference: string;
  /** Pairs that the reference completes. */
  readonly pairs: number;
  readonly exact: number;
  readonly exactOfReference: number;
}

/**
 * Compares each plan with the plan `reference` on the pairs that the reference completes. Shares of different pairs are not
 * comparable, because a plan that gives up on hard pairs keeps the easy ones.
 */
export function pairedFigures(results: readonly UnitResult[], reference: string): PairedFigure[] {
  const keyOf = ({ size, fleet, seed, pairs, atlas }: Unit): string => [size, fleet, seed, pairs, atlas].join(' ');
  const references = new Map(
    results.flatMap(({ unit, pairs }) => (unit.plan === reference ? [[keyOf(unit), pairs]] : [])),
  );
  const groups = Map.groupBy(
    results.filter(({ unit }) => unit.plan !== reference && references.has(keyOf(unit))),
    ({ unit: { plan, size, fleet } }) => `${plan} ${size} ${fleet}`,
  );
  return [...groups.values()].map((group): PairedFigure => {
    const both = group.flatMap(({ unit, pairs }) =>
      pairs.flatMap((own, i) => {
        const other = references.get(keyOf(unit))?.[i];
        return other?.reached === true ? [{ own: own.asPathExact, other: other.asPathExact }] : [];
      }),
    );
    const { plan, size, fleet } = group[0].unit;
    return {
      plan,
      size,
      fleet,
      reference,
      pairs: both.length,
      exact: share(both.filter(({ own }) => own).length, both.length),
      exactOfReference: share(both.filter(({ other }) => other).length, both.length),
    };
  });
}

/** Renders one line for each plan. */
export const renderPaired = (figures: readonly PairedFigure[]): string =>
  figures
    .map(
      ({ plan, size, fleet, reference, pairs, exact, exactOfReference }) =>
        `${plan}, ${size}, ${fleet} VPs: on the ${pairs} pairs that ${reference} completes, AS paths exact ${(100 * exact).toFixed(1)} %, of ${reference} ${(100 * exactOfReference).toFixed(1)} %\n`,
    )
    .join('');
