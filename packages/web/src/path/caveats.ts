import type { Measurement } from '@revtr/client';
import { formatAge } from './hop.ts';

type Result = NonNullable<Measurement['result']>;

/** What a stand-in is to the destination. */
const STAND_INS: Readonly<Record<NonNullable<Result['measuredThrough']>['scope'], string>> = {
  subnet: 'its neighbour',
  prefix: 'a host of its prefix,',
  network: 'a host of its network,',
};

/** What a reader must know about a result before believing it. */
export interface Caveat {
  readonly type: 'standIn' | 'reused';
  readonly text: string;
}

/** The caveats of a result. */
export function caveatsOf({ measuredThrough, reused, stats }: Result): readonly Caveat[] {
  const caveats: Caveat[] = [];
  if (measuredThrough !== undefined)
    caveats.push({
      type: 'standIn',
      text: `The destination did not answer; measured through ${STAND_INS[measuredThrough.scope]} ${measuredThrough.address}.`,
    });
  if (reused !== undefined)
    caveats.push({
      type: 'reused',
      text: `From measurements up to ${formatAge(reused.oldestAgeMs)} old${probesOf(stats) === 0 ? '; nothing was probed' : ''}.`,
    });
  return caveats;
}

const probesOf = (stats: Result['stats']): number =>
  stats.recordRoutePings +
  stats.spoofedRecordRoutePings +
  stats.timestampPings +
  stats.spoofedTimestampPings +
  stats.plainPings +
  stats.tracerouteProbes;

/** The age of the evidence of a hop, milliseconds. */
export function ageOf(
  { reusedAgeMs, evidence }: Pick<Result['hops'][number], 'reusedAgeMs' | 'evidence'>,
  at: number,
): number | undefined {
  if (reusedAgeMs !== undefined) return reusedAgeMs;
  return typeof evidence.at === 'number' ? Math.max(0, at - evidence.at) : undefined;
}
