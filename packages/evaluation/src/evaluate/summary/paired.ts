import { bootstrap, type Estimate } from '../../statistics/bootstrap.ts';
import { mean, share } from '../../statistics/quantiles.ts';
import type { Column } from '../units/unit.ts';
import type { EvaluatedResult, UnitResult } from '../units/unit-result.ts';
import { CLUSTERS } from './figures.ts';
import { byColumn, columnName } from './summary.ts';

/** Differences between a plan and a rival, from the same pairs; positive if the plan has more. */
export interface PairedFigures {
  readonly pairs: number;
  readonly asPathsExact: Estimate;
  /** Both sides mapped alike: to the origins of the addresses, or to the networks that this project's search finds. */
  readonly asPathsExactByOrigins: Estimate;
  readonly asPathsExactBySearch: Estimate;
  readonly asPathsExactByOwners: Estimate;
  readonly reached: Estimate;
  /** Mean option probes of the plan divided by those of the rival; infinite if the rival sends none. */
  readonly optionProbesRatio: Estimate;
}

/** A plan compared with a rival on the same Internets and pairs. */
export interface Comparison {
  readonly plan: Column;
  readonly rival: string;
  readonly allPairs: PairedFigures;
  /** On the pairs that the rival completes: a plan that gives up on hard pairs keeps the easy ones. */
  readonly pairsThatRivalCompletes: PairedFigures;
}

interface Both {
  readonly own: EvaluatedResult;
  readonly other: EvaluatedResult;
}

/** Compares `plan` with every other plan, on usual destinations, with 95 % confidence intervals of the differences. */
export function compareWithRivals(results: readonly UnitResult[], plan: string): Comparison[] {
  const withoutPlan = ({ unit }: UnitResult): string =>
    `${columnName({ ...unit, plan: '' })} ${unit.seed} ${unit.pairs}`;
  const own = new Map(results.flatMap((result) => (result.unit.plan === plan ? [[withoutPlan(result), result]] : [])));
  const rivals = results.filter((result) => result.unit.plan !== plan && own.has(withoutPlan(result)));
  return byColumn(rivals).map(({ column, group }): Comparison => {
    const groups = group.map((rival) => {
      const ours = own.get(withoutPlan(rival))?.pairs ?? [];
      return rival.pairs.flatMap((other, i): Both[] => (other.isUsual ? [{ own: ours[i], other }] : []));
    });
    const completed = groups
      .map((pairs) => pairs.filter(({ other }) => other.reached))
      .filter((list) => list.length > 0);
    return {
      plan: { ...column, plan },
      rival: column.plan,
      allPairs: compare(groups),
      pairsThatRivalCompletes: compare(completed),
    };
  });
}

function compare(groups: readonly (readonly Both[])[]): PairedFigures {
  const pairs = groups.flat().length;
  const figures = (sample: readonly Both[]) => ({
    asPathsExact: difference(sample, ({ asPathExact }) => asPathExact),
    asPathsExactByOrigins: difference(sample, ({ asPathExactByOrigins }) => asPathExactByOrigins),
    asPathsExactBySearch: difference(sample, ({ asPathExactBySearch }) => asPathExactBySearch),
    asPathsExactByOwners: difference(sample, ({ asPathExactByOwners }) => asPathExactByOwners),
    reached: difference(sample, ({ reached }) => reached),
    optionProbesRatio:
      mean(sample.map(({ own }) => own.optionProbes)) / mean(sample.map(({ other }) => other.optionProbes)),
  });
  const estimates = bootstrap(groups, figures, {
    clusterOf: ({ own }) => CLUSTERS.clusterOf(own),
    secondClusterOf: ({ own }) => CLUSTERS.secondClusterOf(own),
    bounds: (name) => (name === 'optionProbesRatio' ? [0, Number.POSITIVE_INFINITY] : [-1, 1]),
  });
  return { pairs, ...estimates };
}

const difference = (sample: readonly Both[], test: (pair: EvaluatedResult) => boolean): number =>
  share(sample.filter(({ own }) => test(own)).length - sample.filter(({ other }) => test(other)).length, sample.length);
