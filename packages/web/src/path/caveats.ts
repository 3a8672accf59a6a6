import type { Hop, MeasurementResult } from '@revtr/client';
import { reusedSentence, standInSentence } from '@revtr/client/wording';
import { countProbes } from './probes.ts';

/** What a reader must know about a result before believing it. */
export interface Caveat {
  readonly type: 'standIn' | 'reused';
  readonly text: string;
}

/** The caveats of a result. */
export function caveatsOf({
  measuredThrough,
  reused,
  stats,
}: Pick<MeasurementResult, 'measuredThrough' | 'reused' | 'stats'>): readonly Caveat[] {
  const caveats: Caveat[] = [];
  if (measuredThrough !== undefined) caveats.push({ type: 'standIn', text: standInSentence(measuredThrough) });
  const { withOptions, others } = countProbes(stats);
  if (reused !== undefined)
    caveats.push({ type: 'reused', text: reusedSentence(reused, { isProbed: withOptions + others > 0 }) });
  return caveats;
}

/** The age of the evidence of a hop, milliseconds. */
export function ageOf(
  { reusedAgeMs, evidence }: Pick<Hop, 'reusedAgeMs' | 'evidence'>,
  at: number,
): number | undefined {
  if (reusedAgeMs !== undefined) return reusedAgeMs;
  return typeof evidence.at === 'number' ? Math.max(0, at - evidence.at) : undefined;
}
