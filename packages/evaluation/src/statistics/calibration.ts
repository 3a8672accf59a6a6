import { mean, share } from './quantiles.ts';

/** A statement with a confidence from 0 to 1, and whether it is right. */
export interface Claim {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Claims with a confidence in `[from, to)`. */
interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly claims: number;
  readonly meanConfidence: number;
  readonly right: number;
  /** Variance of the number of right claims if the confidence of each is exact and they are independent. */
  readonly variance: number;
}

/** How well the confidence of claims agrees with the share of right claims. */
export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: mean distance between confidence and share of right claims, weighted by the size of the bins. */
  readonly error: number;
  /**
   * The error to expect from as many independent claims whose confidence is exact, because the share of right ones varies by chance: normal
   * approximation in each bin. Claims that depend on each other vary more.
   */
  readonly chanceError: number;
  /** Brier score (Brier 1950): mean squared distance between confidence and verdict. */
  readonly brier: number;
}

const EDGES = [0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.000001];

/** Computes the calibration of claims. Empty bins are left out. */
export function calibrate(claims: readonly Claim[]): Calibration {
  const bins = EDGES.slice(1).map((to, i): ReliabilityBin => {
    const inside = claims.filter(({ confidence }) => confidence >= EDGES[i] && confidence < to);
    return {
      from: EDGES[i],
      to: Math.min(1, to),
      claims: inside.length,
      meanConfidence: mean(inside.map(({ confidence }) => confidence)),
      right: share(inside.filter(({ isRight }) => isRight).length, inside.length),
      variance: inside.reduce((sum, { confidence }) => sum + confidence * (1 - confidence), 0),
    };
  });
  const filled = bins.filter((bin) => bin.claims > 0);
  return {
    bins: filled,
    error: filled.reduce(
      (sum, bin) => sum + (bin.claims / claims.length) * Math.abs(bin.meanConfidence - bin.right),
      0,
    ),
    // The mean distance of a normal variable from its mean is sqrt(2 / pi) standard deviations.
    chanceError: filled.reduce((sum, { variance }) => sum + Math.sqrt((2 * variance) / Math.PI) / claims.length, 0),
    brier: mean(claims.map(({ confidence, isRight }) => (confidence - (isRight ? 1 : 0)) ** 2)),
  };
}
