import type { JudgedHop } from './judge.ts';
import { mean, share } from './quantiles.ts';

/** Hops of about the same confidence. */
interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly hops: number;
  readonly meanConfidence: number;
  readonly right: number;
}

/** How well the confidence of hops tells how often they are right. */
export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /** Mean distance between confidence and share of right hops, weighted by hops (expected calibration error). */
  readonly error: number;
  /** Mean squared distance between confidence and verdict (Brier 1950). */
  readonly brier: number;
}

const EDGES = [0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.000001];

export function calibrate(hops: readonly JudgedHop[]): Calibration {
  const judged = hops.filter(({ verdict }) => verdict !== 'unjudged');
  const isRight = ({ verdict }: JudgedHop): boolean => verdict === 'right';
  const bins = EDGES.slice(1).map((to, i): ReliabilityBin => {
    const inside = judged.filter(({ confidence }) => confidence >= EDGES[i] && confidence < to);
    return {
      from: EDGES[i],
      to: Math.min(1, to),
      hops: inside.length,
      meanConfidence: mean(inside.map(({ confidence }) => confidence)),
      right: share(inside.filter(isRight).length, inside.length),
    };
  });
  const filled = bins.filter((bin) => bin.hops > 0);
  return {
    bins: filled,
    error: filled.reduce((sum, bin) => sum + (bin.hops / judged.length) * Math.abs(bin.meanConfidence - bin.right), 0),
    brier: mean(judged.map((hop) => (hop.confidence - (isRight(hop) ? 1 : 0)) ** 2)),
  };
}
