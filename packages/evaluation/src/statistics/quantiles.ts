/** The quantile `q` (0 to 1) of the values by the nearest-rank method; 0 if there are no values. */
export const quantile = (values: readonly number[], q: number): number => quantiles(values)(q);

/** Returns a function for quantiles of one list. The list is sorted only once. */
export function quantiles(values: readonly number[]): (q: number) => number {
  const sorted = Float64Array.from(values).sort();
  return (q) =>
    sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** The median of the values by the nearest-rank method; 0 if there are no values. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The arithmetic mean; 0 if there are no values. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The share of the values that are at most `most`; 0 if there are no values. */
export const shareWithin = (values: readonly number[], most: number): number =>
  share(values.filter((value) => value <= most).length, values.length);

/** `part / whole`; 0 if `whole` is 0. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
