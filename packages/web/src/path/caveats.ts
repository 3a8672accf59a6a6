import type { Measurement } from '@revtr/client';
import { formatAge } from './hop.ts';

type Result = NonNullable<Measurement['result']>;

/** What a reader must know about a result before believing it. */
export type Caveat =
  | {
      readonly type: 'neighbour';
      readonly address: string;
      /** Whether the destination answered plain pings. */
      readonly answersPings: boolean;
    }
  | { readonly type: 'proxy'; readonly origin: string; readonly scope: string }
  | { readonly type: 'reused'; readonly ageMs: number; readonly probes: 'none' | 'rttOnly' };

/** The caveats of a result, from the evidence of its hops. */
export function caveatsOf({
  destination,
  result,
}: Pick<Measurement, 'destination'> & { readonly result: Result }): readonly Caveat[] {
  return [...standInsOf(destination, result), ...reuseOf(result)];
}

function standInsOf(destination: string, { hops }: Result): Caveat[] {
  const proxy = hops.find(({ evidence }) => evidence.type === 'proxy');
  const nearby = hops.find(({ evidence }) => evidence.type === 'nearby' && evidence.destination === destination);
  return [
    ...(nearby === undefined
      ? []
      : [{ type: 'neighbour' as const, address: nearby.address, answersPings: hops[0].rttMs !== undefined }]),
    ...(proxy === undefined
      ? []
      : [{ type: 'proxy' as const, origin: String(proxy.evidence.origin), scope: String(proxy.evidence.scope) }]),
  ];
}

/** A result whose path cost no probe was not measured now. */
function reuseOf({ hops, stats, startedAt }: Result): Caveat[] {
  const forPath =
    stats.recordRoutePings +
    stats.spoofedRecordRoutePings +
    stats.timestampPings +
    stats.spoofedTimestampPings +
    stats.tracerouteProbes;
  if (forPath > 0) return [];
  const ages = hops.flatMap((hop) => ageOf(hop, startedAt) ?? []);
  if (ages.length === 0) return [];
  return [{ type: 'reused', ageMs: Math.max(...ages), probes: stats.plainPings > 0 ? 'rttOnly' : 'none' }];
}

/** The age of the evidence of a hop, milliseconds. */
export function ageOf(
  { reusedAgeMs, evidence }: Pick<Result['hops'][number], 'reusedAgeMs' | 'evidence'>,
  at: number,
): number | undefined {
  if (reusedAgeMs !== undefined) return reusedAgeMs;
  return typeof evidence.at === 'number' ? Math.max(0, at - evidence.at) : undefined;
}

/** A caveat as sentences. */
export function describeCaveat(caveat: Caveat): string {
  switch (caveat.type) {
    case 'neighbour':
      return `The destination did not answer${caveat.answersPings ? ' probes with IP options' : ''}; measured through its neighbour ${caveat.address}.`;
    case 'proxy':
      return `The destination did not answer; the path shown is that of ${caveat.origin}, which is in the same ${caveat.scope}.`;
    case 'reused':
      return `From measurements up to ${formatAge(caveat.ageMs)} old; ${caveat.probes === 'none' ? 'nothing was probed' : 'only round-trip times were probed'}.`;
  }
}
