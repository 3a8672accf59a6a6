import { renderTable } from '../../statistics/table.ts';
import type { RealismRow } from './figure.ts';

/** Formats rows as a text table, with the number of rows that agree at its end. */
export function renderRealism(rows: readonly RealismRow[]): string {
  const shown = (value: number): string => String(Math.round(value * 1000) / 1000);
  const table = renderTable([
    ['figure', 'source', 'published', 'confidence', 'tolerance', 'simulated', ''],
    ...rows.map(({ figure, source, published, confidence, tolerance, simulated, isInside }) => [
      figure,
      source,
      shown(published),
      confidence,
      shown(tolerance),
      shown(simulated),
      isInside ? 'inside' : 'outside',
    ]),
  ]);
  return `${table}${rows.filter(({ isInside }) => isInside).length} of ${rows.length} figures are inside their tolerance\n`;
}
