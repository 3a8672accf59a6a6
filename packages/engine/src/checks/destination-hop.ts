import type { Hop } from '../path/hop.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';

/** The first hop of a path as it is before anything is measured: the requested destination. */
export const destinationHop = (destination: Hop['address'], confidence: number): Hop => ({
  address: destination,
  technique: 'destination',
  trust: 'measured',
  confidence,
  evidence: { type: 'destination' },
});

/**
 * The first hop at the end of a measurement. A destination that has answered nothing, and that no other path passes, is known from the request
 * alone, so it is `assumed`.
 */
export function asVerified(first: Hop, { path, targetAnswers, plainPings }: Measurement, rttMs?: number): Hop {
  const { address } = first;
  const hasAnswered =
    targetAnswers.hasAnswered(address) || plainPings.distanceSoFar(address) !== undefined || rttMs !== undefined;
  if (hasAnswered || address === path.source || isShownBy(path.hops[1], address)) return first;
  return { ...first, trust: 'assumed', evidence: { type: 'destination', isSilent: true } };
}

/** Whether a probe or a traceroute that shows the hop behind the destination shows the destination as well. */
function isShownBy(next: Hop | undefined, destination: Hop['address']): boolean {
  switch (next?.evidence.type) {
    case 'atlas':
      return true;
    case 'recordRoute':
    case 'unfilledRecordRoute':
    case 'timestamp':
      return next.evidence.target === destination;
    case 'symmetry':
      return next.evidence.target === destination && next.evidence.adjacent;
    default:
      return false;
  }
}
