/** Edges of the ranges of confidence in which hops are counted. Stored counts hold places in this list: do not change it. */
const EDGES = [0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1] as const;

/** A range of confidence: from `from` to below `to`; the last one includes 1. */
export interface ConfidenceRange {
  readonly from: number;
  readonly to: number;
}

/** The ranges, from the least to the most confident. */
export const CONFIDENCE_RANGES: readonly ConfidenceRange[] = EDGES.slice(1).map((to, i) => ({ from: EDGES[i], to }));

/** The place in {@link CONFIDENCE_RANGES} of a confidence from 0 to 1. */
export function rangeOf(confidence: number): number {
  const above = EDGES.findIndex((edge) => confidence < edge);
  return above < 0 ? CONFIDENCE_RANGES.length - 1 : Math.max(0, above - 1);
}

/** Hops of one range of confidence, as far as they could be judged. */
export interface RangeCounts {
  readonly judged: number;
  readonly right: number;
  /** Sum of their confidence. */
  readonly confidence: number;
}

/**
 * Expected calibration error (Naeini et al., AAAI 2015): the mean distance between confidence and share of right hops, weighted by the
 * hops of each range, 0 to 1. 0 without hops.
 */
export function calibrationError(ranges: readonly RangeCounts[]): number {
  const total = ranges.reduce((sum, { judged }) => sum + judged, 0);
  if (total === 0) return 0;
  return ranges.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0) / total;
}
