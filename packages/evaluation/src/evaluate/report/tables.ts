import type { Estimate } from '../../statistics/bootstrap.ts';
import { FIGURES, type Figure } from '../summary/figures.ts';
import type { Comparison, PairedFigures } from '../summary/paired.ts';
import type { Summary } from '../summary/summary.ts';
import type { Column } from '../units/unit.ts';
import { DESTINATION_KINDS } from '../units/unit-result.ts';
import { showEstimate, showFigure, showPercent } from './show.ts';

/** One table of the report. The first row is the header, the first column the label of each row. */
export interface Table {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** All tables of the report. Every list of summaries makes one table, side by side. */
export function tablesOf(summaries: readonly Summary[], comparisons: readonly Comparison[]): Table[] {
  const names = namesOf(summaries);
  return [
    mainTable(summaries, names),
    ...(comparisons.length > 0 ? [comparisonTable(comparisons)] : []),
    destinationTable(summaries, names),
    countTable('Pairs without an exact AS path by the first cause, % of all pairs', summaries, names, (summary) =>
      mapValues(summary.errorBudget, (count) => ((100 * count) / summary.pairs).toFixed(2)),
    ),
    countTable('Hops by technique: share, and right of them, %', summaries, names, ({ hopsByTechnique }) =>
      mapValues(hopsByTechnique, ({ share, right }) => `${showPercent(share)}, ${showPercent(right)}`),
    ),
  ];
}

function mainTable(summaries: readonly Summary[], names: readonly string[]): Table {
  const rows = (Object.keys(FIGURES) as Figure[]).map((figure) => [
    FIGURES[figure][0],
    ...summaries.map((summary) => showFigure(figure, summary.figures[figure])),
  ]);
  const number = (label: string, of: (summary: Summary) => number, digits: number): string[] => [
    label,
    ...summaries.map((summary) => of(summary).toFixed(digits)),
  ];
  return {
    title: 'Accuracy and cost',
    rows: [
      ['', ...names],
      ...silentRows(summaries),
      ...rows,
      number('preparation: option probes of the survey', ({ preparation }) => preparation.surveyProbes, 0),
      number('preparation: option probes to atlas hops', ({ preparation }) => preparation.atlasOptionProbes, 0),
      number('preparation: packets of atlas traceroutes', ({ preparation }) => preparation.tracerouteProbes, 0),
      number('preparation: option probes for each pair of this run', (s) => s.preparationOptionProbesPerPair, 1),
      number('calibration error of hops, points', ({ calibration }) => 100 * calibration.error, 1),
      number('calibration error of whole paths, points', ({ pathCalibration }) => 100 * pathCalibration.error, 1),
      number('with exact confidences, points', ({ pathCalibration }) => 100 * pathCalibration.chanceError, 1),
      number('Brier score of hops', ({ calibration }) => calibration.brier, 4),
    ],
  };
}

/** The part of destinations that answer nothing, what a plan finds for them, and both kinds together. */
function silentRows(summaries: readonly Summary[]): string[][] {
  const together = (figure: Figure): string[] =>
    summaries.map(({ silentShare, figures, byDestination: { silent } }) => {
      if (silent === undefined) return '–';
      const all = (1 - silentShare) * figures[figure].value + silentShare * silent.figures[figure].value;
      return `${showPercent(all)} %`;
    });
  const ofSilent = (figure: Figure): string[] =>
    summaries.map(({ byDestination: { silent } }) =>
      silent === undefined ? '–' : showFigure(figure, silent.figures[figure]),
    );
  return [
    [
      '/24s in which no host answers (not in the rows below)',
      ...summaries.map((s) => `${showPercent(s.silentShare)} %`),
    ],
    ['silent destinations: reach the source', ...ofSilent('reached')],
    ['silent destinations: AS paths exact as printed', ...ofSilent('asPathsExactOfAll')],
    ['silent and other destinations by their share: reach the source', ...together('reached')],
    ['silent and other destinations by their share: AS paths exact as printed', ...together('asPathsExactOfAll')],
  ];
}

function comparisonTable(comparisons: readonly Comparison[]): Table {
  const [{ plan }] = comparisons;
  const names = namesOf(comparisons.map(({ plan: unit, rival }) => ({ ...unit, plan: rival })));
  const points = ({ value, low, high }: Estimate): string =>
    showEstimate({ value: 100 * value, low: 100 * low, high: 100 * high }, 1);
  const rows = comparisons.flatMap(({ allPairs, pairsThatRivalCompletes }, i) => {
    const row = (label: string, figures: PairedFigures): string[] => [
      `${names[i]}, ${label}`,
      String(figures.pairs),
      points(figures.asPathsExact),
      points(figures.asPathsExactByOrigins),
      points(figures.asPathsExactBySearch),
      points(figures.asPathsExactByOwners),
      points(figures.reached),
      Number.isFinite(figures.optionProbesRatio.value) ? showEstimate(figures.optionProbesRatio, 2) : '–',
    ];
    return [row('all pairs', allPairs), row('pairs that it completes', pairsThatRivalCompletes)];
  });
  return {
    title: `${plan.plan} minus each rival on the same pairs, points; option probes as a ratio`,
    rows: [
      [
        '',
        'pairs',
        'AS paths exact as printed',
        'by origins',
        'by networks of hops',
        'by owners',
        'reach',
        'option probes',
      ],
      ...rows,
    ],
  };
}

const DESTINATION_FIGURES = [
  'reached',
  'hopsRight',
  'measuredHopsRight',
  'visibleRoutersFound',
  'asPathsExactOfAll',
] as const;

function destinationTable(summaries: readonly Summary[], names: readonly string[]): Table {
  const rows = DESTINATION_KINDS.flatMap((kind) => {
    if (summaries.every(({ byDestination }) => byDestination[kind] === undefined)) return [];
    return DESTINATION_FIGURES.map((figure) => [
      `${kind}: ${FIGURES[figure][0]}`,
      ...summaries.map(({ byDestination }) => {
        const own = byDestination[kind];
        return own === undefined ? '' : showFigure(figure, own.figures[figure]);
      }),
    ]);
  });
  return { title: 'By kind of destination', rows: [['', ...names], ...rows] };
}

/** A table with one row for each name that occurs in any summary. */
function countTable(
  title: string,
  summaries: readonly Summary[],
  names: readonly string[],
  of: (summary: Summary) => Readonly<Record<string, string>>,
): Table {
  const columns = summaries.map(of);
  const labels = [...new Set(columns.flatMap((column) => Object.keys(column)))];
  return {
    title,
    rows: [['', ...names], ...labels.map((label) => [label, ...columns.map((column) => column[label] ?? '')])],
  };
}

const mapValues = <T>(record: Readonly<Record<string, T>>, show: (value: T) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, show(value)]));

/** Names of columns: the plan and the fleet, and whatever else differs between them. */
export function namesOf(units: readonly Column[]): string[] {
  const parts = units.map(({ plan, fleet, profile, family, size, atlas, hours, changes }) => [
    plan,
    `${fleet} VPs`,
    profile,
    family,
    size,
    `atlas ${atlas}`,
    `${hours} h`,
    Object.entries(changes)
      .map(([name, value]) => `${name} ${value}`)
      .join(' '),
  ]);
  const differs = (column: number): boolean => new Set(parts.map((part) => part[column])).size > 1;
  return parts.map((part) => part.filter((text, column) => text !== '' && (column < 2 || differs(column))).join(', '));
}

/** What all units of a run have in common, as one line. */
export function describeRun(summaries: readonly Summary[]): string {
  const distinct = (of: (summary: Summary) => string): string => [...new Set(summaries.map(of))].join(' and ');
  return [
    `profile ${distinct(({ profile }) => profile)}`,
    `family ${distinct(({ family }) => family)}`,
    `size ${distinct(({ size }) => size)}`,
    `seeds ${distinct(({ seeds }) => seeds.join(', '))}`,
    `${distinct(({ pairs }) => String(pairs))} pairs over ${distinct(({ hours }) => String(hours))} virtual hours`,
    ...(summaries.some(({ seeds }) => seeds.length === 1) ? ['intervals do not cover other Internets: one seed'] : []),
  ].join('; ');
}
