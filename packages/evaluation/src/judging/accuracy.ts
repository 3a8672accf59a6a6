import { share } from '../statistics/quantiles.ts';
import type { JudgedHop } from './judged-pair.ts';

/** Hops that the ground truth can judge. */
export const judgedHops = (hops: readonly JudgedHop[]): JudgedHop[] =>
  hops.filter(({ verdict }) => verdict !== 'unjudged');

/** Number of hops that are right. */
export const countRight = (hops: readonly JudgedHop[]): number =>
  hops.filter(({ verdict }) => verdict === 'right').length;

/** Share of right hops among those that can be judged; 0 if there are none. */
export function shareRight(hops: readonly JudgedHop[]): number {
  const judged = judgedHops(hops);
  return share(countRight(judged), judged.length);
}
