/** The value below which share `q` of the values lie (nearest rank). 0 for no values. */
export const quantile = (values: readonly number[], q: number): number => quantiles(values)(q);

/** Quantiles of one list, which is sorted once. */
export function quantiles(values: readonly number[]): (q: number) => number {
  const sorted = Float64Array.from(values).sort();
  return (q) =>
    sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of `part` in `whole`, 0 when there is no whole. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
