import { bootstrap, type Estimate } from '../../statistics/bootstrap.ts';
import { type Calibration, calibrate } from '../../statistics/calibration.ts';
import { mean } from '../../statistics/quantiles.ts';
import type { Column } from '../units/unit.ts';
import {
  DESTINATION_KINDS,
  type DestinationKind,
  type EvaluatedResult,
  type PreparationCost,
  type UnitResult,
} from '../units/unit-result.ts';
import { boundsOf, CLUSTERS, type CountedPair, countHops, type Figure, figuresOf } from './figures.ts';
import { byTechnique, type KindFigures, kindFigures, type TechniqueFigures } from './hop-kinds.ts';

/** Figures of the pairs with one kind of destination. */
interface DestinationFigures {
  readonly pairs: number;
  readonly figures: Readonly<Record<Figure, Estimate>>;
}

/** Results of one plan with one fleet on simulated Internets that differ by seed only. */
export interface Summary extends Column {
  readonly seeds: readonly number[];
  readonly pairs: number;
  readonly figures: Readonly<Record<Figure, Estimate>>;
  /** Share of the /24s with hosts in which no host answers pings; no usual destination is in them. */
  readonly silentShare: number;
  readonly byDestination: Readonly<Partial<Record<DestinationKind, DestinationFigures>>>;
  /** Mean cost of the preparation of one Internet. */
  readonly preparation: PreparationCost;
  /** Preparation probes with options for each pair that was measured. */
  readonly preparationOptionProbesPerPair: number;
  readonly hopsByTechnique: Readonly<Record<string, TechniqueFigures>>;
  /** Number of paths with a wrong hop, by the technique of the first wrong hop. */
  readonly firstWrongHop: Readonly<Record<string, number>>;
  /** Number of pairs without an exact AS path, by cause. */
  readonly errorBudget: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, KindFigures>>;
  /** Calibration of hops and of whole paths. */
  readonly calibration: Calibration;
  readonly pathCalibration: Calibration;
}

/** Everything that tells one column of the table from another. */
export const columnName = ({ plan, profile, family, size, fleet, atlas, hours, changes }: Column): string =>
  JSON.stringify([plan, profile, family, size, fleet, atlas, hours, changes]);

/** The results of each column. They differ by seed only. */
export function byColumn(
  results: readonly UnitResult[],
): { readonly column: Column; readonly group: readonly UnitResult[] }[] {
  return [...Map.groupBy(results, ({ unit }) => columnName(unit)).values()].map((group) => {
    const { seed: _, pairs: _pairs, ...column } = group[0].unit;
    return { column, group };
  });
}

/** Summarises the results of units that differ by seed only. */
export function summarise(results: readonly UnitResult[]): Summary[] {
  return byColumn(results).map(({ column, group }): Summary => {
    const everyone = group.map(({ pairs }) => pairs.map(countHops));
    const groups = everyone.map((pairs) => pairs.filter(({ isUsual }) => isUsual));
    const pairs = group.flatMap((result) => result.pairs.filter(({ isUsual }) => isUsual));
    const preparation = meanCost(group.map((result) => result.preparation));
    const measured = mean(group.map((result) => result.pairs.length));
    return {
      ...column,
      seeds: group.map((result) => result.unit.seed),
      pairs: pairs.length,
      figures: bootstrap(groups, figuresOf, { ...CLUSTERS, bounds: boundsOf }),
      silentShare: mean(group.map((result) => result.silentShare)),
      byDestination: byDestination(everyone),
      preparation,
      preparationOptionProbesPerPair: (preparation.surveyProbes + preparation.atlasOptionProbes) / measured,
      ...accuracyOfHops(pairs),
      errorBudget: countOf(pairs.flatMap(({ cause }) => cause ?? [])),
    };
  });
}

function accuracyOfHops(pairs: readonly EvaluatedResult[]) {
  const hops = pairs.flatMap((pair) => pair.hops);
  const wrong = pairs.flatMap((pair) => pair.hops.find(({ verdict }) => verdict === 'wrong')?.technique ?? []);
  const claims = hops.flatMap(({ confidence, verdict }) =>
    verdict === 'unjudged' ? [] : { confidence, isRight: verdict === 'right' },
  );
  return {
    hopsByTechnique: byTechnique(hops),
    firstWrongHop: countOf(wrong),
    kinds: kindFigures(pairs),
    calibration: calibrate(claims),
    pathCalibration: calibrate(pairs.map(({ confidence, allRight }) => ({ confidence, isRight: allRight }))),
  };
}

function byDestination(groups: readonly (readonly CountedPair[])[]): Summary['byDestination'] {
  return Object.fromEntries(
    DESTINATION_KINDS.flatMap((kind) => {
      const own = groups.map((pairs) => pairs.filter(({ destination }) => destination === kind));
      const filled = own.filter(({ length }) => length > 0);
      if (filled.length === 0) return [];
      return [
        [
          kind,
          { pairs: filled.flat().length, figures: bootstrap(filled, figuresOf, { ...CLUSTERS, bounds: boundsOf }) },
        ],
      ];
    }),
  );
}

const meanCost = (costs: readonly PreparationCost[]): PreparationCost => ({
  surveyProbes: mean(costs.map(({ surveyProbes }) => surveyProbes)),
  tracerouteProbes: mean(costs.map(({ tracerouteProbes }) => tracerouteProbes)),
  atlasOptionProbes: mean(costs.map(({ atlasOptionProbes }) => atlasOptionProbes)),
});

/** Counts by name, most frequent first. */
function countOf(names: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, list]): [string, number] => [name, list.length]);
  return Object.fromEntries(counts.sort(([, a], [, b]) => b - a));
}
