/** A share from 0 to 1 for people, for instance `97.3 %`. */
export const formatShare = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A share of `total` things for people; a dash when there are none. */
export const formatShareOf = (total: number, share: number): string => (total === 0 ? '–' : formatShare(share));

/** An interval of a share of `total` things for people; a dash when there are none. */
export const formatIntervalOf = (total: number, low: number, high: number): string =>
  total === 0 ? '–' : `${formatShare(low)}–${formatShare(high)}`;

/** A whole number for people, for instance `12,345`. */
export const formatCount = (count: number): string => count.toLocaleString('en');

/**
 * Whole percentages of counts, which sum to 100: those with the largest fractions are rounded up (the method of largest remainders). All are
 * 0 when every count is.
 */
export function wholePercents(counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const exact = counts.map((count) => (100 * count) / total);
  const percents = exact.map(Math.floor);
  const missing = 100 - percents.reduce((sum, percent) => sum + percent, 0);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => (exact[b] % 1) - (exact[a] % 1));
  for (const i of byRemainder.slice(0, missing)) percents[i]++;
  return percents;
}
