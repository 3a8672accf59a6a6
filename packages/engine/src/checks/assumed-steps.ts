import type { Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';
import { ownDistances } from './own-distances.ts';

/**
 * How much more likely each distance of an assumed hop, relative to that of the hop before it, is where the assumption is right: counts over
 * development seeds 1 to 4 of `grown` and 1 and 2 of `flat`, which agree.
 */
const NEARER = {
  adjacent: { asExpected: 5.7, other: 0.04 },
  notAdjacent: { oneMore: 3.5, none: 0.05, other: 0.8 },
} as const;

/**
 * Weighs each assumption by the TTLs of answers: a router that really follows on the way back is nearer to the source by the links between. A
 * router on another way mostly has another distance.
 */
export function weighAssumptions(measurement: Measurement): void {
  const { hops } = measurement.path;
  measurement.path.weigh((hop, position) => {
    let first = position;
    while (hops[first].isContinuation === true) first--;
    return ratioOf(hop, 1 + position - first, measurement);
  });
}

/** @param links links between the target of the forward path and the hop, if no silent router is between */
function ratioOf({ address, evidence }: Hop, links: number, measurement: Measurement): number | undefined {
  if (evidence.type !== 'symmetry') return undefined;
  const [before, own] = [evidence.target, address].map((router) => distancesOf(measurement, router));
  if (before.length === 0 || own.length === 0) return undefined;
  const nearer = before.flatMap((distance) => own.map((ownDistance) => distance - ownDistance));
  if (evidence.adjacent) return nearer.includes(links) ? NEARER.adjacent.asExpected : NEARER.adjacent.other;
  const { oneMore, none, other } = NEARER.notAdjacent;
  return nearer.includes(links + 1) ? oneMore : nearer.every((distance) => distance <= 0) ? none : other;
}

/** The distances of a router by its answers, else by the expired packets of forward paths that it has reported. */
function distancesOf(measurement: Measurement, router: Ipv4Address): number[] {
  const own = ownDistances(measurement, router);
  const reported = measurement.plainPings.distanceByExpiry(router);
  return own.length > 0 || reported === undefined ? own : [reported];
}
