import type { WholePathWeights } from '@revtr/engine';
import type { Table } from '../evaluate/report/tables.ts';
import type { ConstantFigures, RatioFigures } from './constants.ts';
import type { Fit } from './left-out.ts';

const WEIGHTS = [
  'recordRoute',
  'intradomainElsewhere',
  'gateway',
  'length',
] as const satisfies (keyof WholePathWeights)[];

/** The weights: those of the program, the fitted ones, and their range when one Internet is left out. */
export function weightsTable({ weights, leftOut }: Fit, shipped: WholePathWeights): Table {
  const rows = WEIGHTS.map((name) => {
    const others = [...leftOut.values()].map((one) => one[name]);
    const range = others.length === 0 ? '–' : `${Math.min(...others).toFixed(3)} to ${Math.max(...others).toFixed(3)}`;
    return [name, String(shipped[name]), weights[name].toFixed(3), range];
  });
  return {
    title: 'weights of steps in a whole path',
    rows: [['', 'shipped', 'fitted', 'one Internet left out'], ...rows],
  };
}

/** Calibration errors of whole paths in points. */
export const errorsTable = ({ errors }: Fit): Table => ({
  title: 'calibration error of whole paths, points',
  rows: [
    ['family', 'paths', 'shipped', 'fitted', 'Internet left out', 'fitted on the other families', 'by chance'],
    ...errors.map(({ family, paths, shipped, fitted, leftOut, otherFamilies, byChance }) => [
      family,
      String(paths),
      ...[shipped, fitted, leftOut, otherFamilies, byChance].map(points),
    ]),
  ],
});

/** Shares of right hops by constant. */
export function constantsTable(figures: readonly ConstantFigures[]): Table {
  const families = [...new Set(figures.flatMap(({ byFamily }) => [...byFamily.keys()]))];
  const rows = figures.map(({ name, shipped, all, byFamily }) => [
    name,
    shipped === undefined ? '–' : String(shipped),
    String(all.hops),
    all.right.toFixed(4),
    ...families.map((family) => byFamily.get(family)?.right.toFixed(4) ?? '–'),
  ]);
  return {
    title: 'share of hops that are right behind a right hop, by constant',
    rows: [['', 'shipped', 'hops', 'measured', ...families], ...rows],
  };
}

/** Likelihood ratios of the distances of assumed hops. */
export const ratiosTable = (figures: readonly RatioFigures[]): Table => ({
  title: 'how much more often a distance is observed at right assumed hops',
  rows: [
    ['', 'shipped', 'hops', 'measured'],
    ...figures.map(({ name, shipped, hops, measured }) => [name, String(shipped), String(hops), measured.toFixed(3)]),
  ],
});

const points = (error: number | undefined): string => (error === undefined ? '–' : (100 * error).toFixed(1));
