import type { HopCounts } from '@revtr/storage';
import type { JudgedHop } from './judge.ts';
import { rangeOf } from './reliability.ts';

/** Counts judged hops by kind and range of confidence. */
export function countHops(hops: readonly JudgedHop[]): HopCounts[] {
  const counts = new Map<string, HopCounts>();
  for (const { kind, confidence, verdict } of hops) {
    const bin = rangeOf(confidence);
    const key = `${bin} ${kind}`;
    const known = counts.get(key) ?? { kind, bin, judged: 0, right: 0, unjudged: 0, confidence: 0 };
    const isJudged = verdict !== 'unjudged';
    counts.set(key, {
      kind,
      bin,
      judged: known.judged + (isJudged ? 1 : 0),
      right: known.right + (verdict === 'right' ? 1 : 0),
      unjudged: known.unjudged + (isJudged ? 0 : 1),
      confidence: known.confidence + (isJudged ? confidence : 0),
    });
  }
  return [...counts.values()];
}
