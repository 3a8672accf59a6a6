/** An estimated share, and an interval around it. All are from 0 to 1. */
export interface Proportion {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Standard errors of an interval that holds the true share in 95 % of cases. */
export const NINETY_FIVE_PERCENT = 1.96;

/**
 * The share `right / total` with its score interval (Wilson 1927), which stays within 0 and 1 and is sensible for few observations.
 * Without observations the interval is 0 to 1. Counts may be fractions.
 *
 * @param standardErrors half the width of the interval
 */
export function proportionOf(right: number, total: number, standardErrors = NINETY_FIVE_PERCENT): Proportion {
  if (total <= 0) return { share: 0, low: 0, high: 1 };
  const share = right / total;
  const z2 = standardErrors ** 2 / total;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (standardErrors * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total))) / (1 + z2);
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
