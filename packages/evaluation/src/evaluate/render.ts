import type { Estimate } from '../statistics/bootstrap.ts';
import { renderTable } from '../statistics/table.ts';
import { DEVELOPMENT_SEEDS } from './plans.ts';
import { FIGURES, type Figure, type Summary } from './summary.ts';

const isShare = (figure: Figure): boolean => /^(reached|hops|measured|routers|asPaths)/.test(figure);

function show(figure: Figure, { value, low, high }: Estimate): string {
  if (isShare(figure)) {
    const percent = (number: number): string => (100 * number).toFixed(1);
    return `${percent(value)} % (${percent(low)} – ${percent(high)})`;
  }
  const digits = value >= 100 ? 0 : figure.startsWith('spoofed') ? 2 : 1;
  return `${value.toFixed(digits)} (${low.toFixed(digits)} – ${high.toFixed(digits)})`;
}

const headOf = ({ plan, size, fleet, atlas }: Summary): string =>
  `${plan}, ${size}, ${fleet} VPs${atlas === 'usual' ? '' : `, atlas: ${atlas}`}`;

/** Renders the figures of all plans side by side as a text table, each with its 95 % confidence interval. */
export function renderSummaries(summaries: readonly Summary[]): string {
  const header = ['', ...summaries.map(headOf)];
  const figures = Object.keys(FIGURES) as Figure[];
  const rows = figures.map((figure) => [
    FIGURES[figure],
    ...summaries.map((summary) => show(figure, summary.figures[figure])),
  ]);
  rows.push([
    'calibration error (points)',
    ...summaries.map(({ calibration }) => (100 * calibration.error).toFixed(1)),
  ]);
  rows.push([
    'calibration error of whole paths (points)',
    ...summaries.map(({ pathCalibration }) => (100 * pathCalibration.error).toFixed(1)),
  ]);
  rows.push(['Brier score', ...summaries.map(({ calibration }) => calibration.brier.toFixed(4))]);
  const seeds = summaries[0]?.seeds ?? [];
  const kind = seeds.some((seed) => DEVELOPMENT_SEEDS.includes(seed)) ? 'includes development seeds' : 'held out';
  const title = `seeds ${seeds.join(', ')} (${kind}), ${summaries[0]?.pairs ?? 0} pairs`;
  return `${title}\n${renderTable([header, ...rows])}\n${renderBudgets(summaries)}`;
}

/** Renders the causes of inexact AS paths, as shares of all pairs. */
function renderBudgets(summaries: readonly Summary[]): string {
  const blocks = summaries.map((summary) => {
    const lines = Object.entries(summary.errorBudget).map(
      ([cause, count]) => `  ${((100 * count) / summary.pairs).toFixed(2).padStart(6)} %  ${cause}\n`,
    );
    return `${headOf(summary)}: pairs without an exact AS path, by cause\n${lines.join('')}`;
  });
  return blocks.join('\n');
}
