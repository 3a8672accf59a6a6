/** How the growth of something is judged. */
export interface Judged {
  /** Growth up to this much is none, in the unit of the values. */
  readonly tolerated: number;
  /** Growth up to this share of the median is none: samples of a day differ. Default 0.1. */
  readonly toleratedShare?: number;
  /** What the values cannot exceed without a defect, in their unit; absent where no bound is known. */
  readonly bound?: number;
}

/** Something that is sampled: its values at equal intervals. */
export interface Series extends Judged {
  readonly name: string;
  readonly values: readonly number[];
}

/** How something changed from the first to the last of the days that count. */
export interface Growth {
  readonly name: string;
  /** Medians of the first and the last day that counts. */
  readonly first: number;
  readonly last: number;
  /** What the trend of the days adds up to. */
  readonly grown: number;
  readonly grows: boolean;
}

/**
 * Judges whether something grows. The trend is the median of the slopes between the medians of any two days (Theil 1950, Sen 1968), so that single days that
 * differ do not count. Where the values have a bound, they may come nearer to it, but not exceed it, nor so fast that they would exceed it after as many days again.
 * @param perDay samples in a day
 * @param skippedDays days at the beginning in which tables fill up to their retention
 * @throws {RangeError} when fewer than three days count
 */
export function growthOf(
  { name, values, tolerated, toleratedShare = 0.1, bound }: Series,
  perDay: number,
  skippedDays: number,
): Growth {
  const days = Array.from({ length: Math.floor(values.length / perDay) - skippedDays }, (_, day) =>
    medianOf(values.slice((skippedDays + day) * perDay, (skippedDays + day + 1) * perDay)),
  );
  if (days.length < 3) throw new RangeError('a trend needs three days at least');
  const slopes = days.flatMap((from, i) => days.slice(i + 1).map((to, j) => (to - from) / (j + 1)));
  const grown = medianOf(slopes) * (days.length - 1);
  const [first, last] = [days[0], days[days.length - 1]];
  const hasTrend = grown > Math.max(tolerated, toleratedShare * medianOf(days));
  const grows = bound === undefined ? hasTrend : last > bound || (hasTrend && last + grown > bound);
  return { name, first, last, grown: Math.round(grown * 10) / 10, grows };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
