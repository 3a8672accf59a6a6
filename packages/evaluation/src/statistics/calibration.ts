import { mean, share } from './quantiles.ts';

/** Something that was said with a confidence, and whether it was so. */
export interface Claim {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Claims of about the same confidence. */
interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly claims: number;
  readonly meanConfidence: number;
  readonly right: number;
}

/** How well confidence tells how often claims are right. */
export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /** Mean distance between confidence and share of right hops, weighted by claims (expected calibration error). */
  readonly error: number;
  /** Mean squared distance between confidence and verdict (Brier 1950). */
  readonly brier: number;
}

const EDGES = [0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.000001];

export function calibrate(claims: readonly Claim[]): Calibration {
  const bins = EDGES.slice(1).map((to, i): ReliabilityBin => {
    const inside = claims.filter(({ confidence }) => confidence >= EDGES[i] && confidence < to);
    return {
      from: EDGES[i],
      to: Math.min(1, to),
      claims: inside.length,
      meanConfidence: mean(inside.map(({ confidence }) => confidence)),
      right: share(inside.filter(({ isRight }) => isRight).length, inside.length),
    };
  });
  const filled = bins.filter((bin) => bin.claims > 0);
  return {
    bins: filled,
    error: filled.reduce(
      (sum, bin) => sum + (bin.claims / claims.length) * Math.abs(bin.meanConfidence - bin.right),
      0,
    ),
    brier: mean(claims.map(({ confidence, isRight }) => (confidence - (isRight ? 1 : 0)) ** 2)),
  };
}
