import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { HopMatcher } from './hop-matcher.ts';
import { boundsOf, intersectBounds, narrowByOrder, type Sighting } from './stamp-bounds.ts';
import type { AtlasTraceroute } from './traceroute.ts';

/** Stamps on the path from one hop of the atlas to the source, as one Record Route ping shows them. */
export interface TailStamps {
  /** Hop that answered the Record Route ping. */
  readonly target: Ipv4Address;
  /** Who sent it: the source itself, or a spoofer. */
  readonly sender: Ipv4Address;
  /** When it was sent, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Stamps behind the target's own, in order; empty when there was no answer or none behind the target. */
  readonly stamps: readonly Ipv4Address[];
}

/** Where a Record Route address belongs on a path: at one position when `first` equals `last`. */
export interface Placement {
  readonly address: Ipv4Address;
  readonly first: number;
  readonly last: number;
}

/** Why an address or a ping is not used for a path. */
export type Contradiction =
  /** Its stamps pass the hops of the path in another order, or turn back. */
  | 'order'
  /** Its sightings leave it no position. */
  | 'bounds'
  /** The path would leave a network and return to it, so the ping took another path there. */
  | 'asLoop';

/** What Record Route pings show about one path. */
export interface Placements {
  readonly placed: readonly Placement[];
  readonly contradictions: readonly { readonly address: Ipv4Address; readonly reason: Contradiction }[];
  /** Stamps that are the far end of a link into a hop, each with the hop of the path that is then the same router. */
  readonly linkEnds: readonly (readonly [stamp: Ipv4Address, hop: Ipv4Address])[];
}

/** Facts that the placing of stamps uses. */
export interface PlacingFacts {
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
}

type Hops = AtlasTraceroute['hops'];

/**
 * Places Record Route addresses between the hops of a path. A stamp that is an alias of a hop, or the other end of the link
 * into the next hop, is that router; others lie between the matches around them. Several sightings, and the order in
 * which addresses follow each other, narrow the bounds. Contradictions are left out and counted. Stamps that identify no router are ignored.
 */
export function placeStamps(hops: Hops, tails: readonly TailStamps[], facts: PlacingFacts): Placements {
  const matcher = new HopMatcher(hops, facts.aliases);
  const refuted = new Map<Ipv4Address, Contradiction>();
  const sightings: Sighting[] = [];
  for (const { target, stamps: all } of tails) {
    const start = hops.indexOf(target);
    const stamps = all.filter((stamp) => facts.aliases.routerKey(stamp) !== undefined);
    if (start < 0 || stamps.length === 0) continue;
    const matches = matcher.matchInOrder(start, stamps);
    if (matches !== undefined) sightings.push({ stamps, bounds: boundsOf(matches, start, hops.length - 1) });
    else for (const stamp of stamps) refuted.set(stamp, 'order');
  }
  const bounds = intersectBounds(sightings);
  narrowByOrder(sightings, bounds);
  const placed: Placement[] = [];
  for (const [address, { first, last }] of bounds) {
    refuted.delete(address);
    if (matcher.holds(address)) continue;
    if (first > last) refuted.set(address, 'bounds');
    else if (makesAsLoop(address, hops.slice(first, last + 1), facts.ipToAs)) refuted.set(address, 'asLoop');
    else placed.push({ address, first, last });
  }
  const contradictions = [...refuted].map(([address, reason]) => ({ address, reason }));
  return { placed, contradictions, linkEnds: matcher.linkEnds };
}

/** Whether an address belongs to another network than all the hops it would lie between, which are all of one. */
function makesAsLoop(address: Ipv4Address, around: Hops, ipToAs: IpToAs): boolean {
  if (around.length < 2) return false;
  const own = ipToAs.originOf(address);
  if (own === undefined) return false;
  const networks = around.flatMap((hop) => (hop === undefined ? [] : (ipToAs.originOf(hop) ?? [])));
  return networks.length >= 2 && networks.every((network) => network === networks[0] && network !== own);
}
