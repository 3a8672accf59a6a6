import type { Estimate } from '../../statistics/bootstrap.ts';
import { FIGURES, type Figure } from '../summary/figures.ts';

/** A share from 0 to 1 as a percentage with one decimal, without the sign. */
export const showPercent = (share: number): string => (100 * share).toFixed(1);

/** A value with its confidence interval. */
export const showEstimate = ({ value, low, high }: Estimate, digits: number): string =>
  `${value.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

/** A figure with its confidence interval: shares in %, times in seconds; a dash where nothing can be counted. */
export function showFigure(figure: Figure, { value, low, high }: Estimate): string {
  if (Number.isNaN(value)) return '–';
  const [, unit] = FIGURES[figure];
  const [factor, sign] = unit === 'share' ? [100, ' %'] : unit === 'milliseconds' ? [0.001, ' s'] : [1, ''];
  const digits = factor * value >= 100 && unit !== 'share' ? 0 : 1;
  const text = showEstimate({ value: factor * value, low: factor * low, high: factor * high }, digits);
  return text.replace(' (', `${sign} (`);
}
