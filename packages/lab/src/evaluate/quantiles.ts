/** The value below which share `q` of the sorted values lie (nearest rank). 0 for no values. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of `part` in `whole`, 0 when there is no whole. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
