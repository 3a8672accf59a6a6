import { showFigure } from '../evaluate/report/show.ts';
import type { Table } from '../evaluate/report/tables.ts';
import { FIGURES, type Figure } from '../evaluate/summary/figures.ts';
import type { Summary } from '../evaluate/summary/summary.ts';
import type { Variation } from './variations.ts';

/** Figures that the headline of the evaluation rests on. */
const HEADLINE: readonly Figure[] = [
  'reached',
  'reachedNearby',
  'asPathsExactOfAll',
  'hopsRight',
  'measuredHopsRight',
  'visibleRoutersFound',
  'optionProbesMean',
  'latencyMedian',
];

/** One row for each plan and headline figure, one column for each value of the parameter, and the largest difference between them. */
export function sensitivityTable({ label, parameter, values }: Variation, summaries: readonly Summary[]): Table {
  const own = summaries.filter(({ changes }) => changes[parameter] !== undefined);
  const plans = [...new Set(own.map(({ plan }) => plan))];
  const rows = plans.flatMap((plan) => {
    const byValue = values.map((value) =>
      own.find((summary) => summary.plan === plan && summary.changes[parameter] === value),
    );
    const figureRows = HEADLINE.map((figure) => {
      const estimates = byValue.flatMap((summary) => (summary === undefined ? [] : [summary.figures[figure]]));
      const found = estimates.map(({ value }) => value).filter((value) => !Number.isNaN(value));
      const range = found.length === 0 ? Number.NaN : Math.max(...found) - Math.min(...found);
      const change = { value: range, low: range, high: range };
      const [changed] = showFigure(figure, change).split(' (');
      return [`${plan}: ${FIGURES[figure][0]}`, ...estimates.map((estimate) => showFigure(figure, estimate)), changed];
    });
    const calibration = byValue.map((summary) => 100 * (summary?.calibration.error ?? Number.NaN));
    return [
      ...figureRows,
      [
        `${plan}: calibration error of hops, points`,
        ...calibration.map((error) => error.toFixed(1)),
        (Math.max(...calibration) - Math.min(...calibration)).toFixed(1),
      ],
    ];
  });
  return {
    title: label,
    rows: [['', ...values.map((value) => `${+(100 * value).toFixed(2)} %`), 'largest difference'], ...rows],
  };
}
