/** Quantiles 0.975 of Student's distribution with 1 to 10 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2). */
const QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const NORMAL = 1.959964;

/**
 * The quantile 0.975 of Student's distribution. From 11 degrees of freedom on by the expansion of Cornish and Fisher (Abramowitz and Stegun,
 * formula 26.7.5), which differs by less than 0.001 there.
 */
export function studentQuantile(degreesOfFreedom: number): number {
  const known = QUANTILES[degreesOfFreedom - 1];
  if (known !== undefined) return known;
  const first = (NORMAL ** 3 + NORMAL) / 4;
  const second = (5 * NORMAL ** 5 + 16 * NORMAL ** 3 + 3 * NORMAL) / 96;
  return NORMAL + first / degreesOfFreedom + second / degreesOfFreedom ** 2;
}
