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
  /** Its sightings leave it no position, or more routers stamped between two hops than there are. */
  | 'bounds'
  /** It is the near end of a link to a router that is known and not on the path: the ping took another branch there. */
  | 'branch'
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
  /** Whether traceroutes to the same source have shown an address as a hop. Default: they have shown none. */
  readonly isHop?: (address: Ipv4Address) => boolean;
}

type Hops = AtlasTraceroute['hops'];

/**
 * Places Record Route addresses between the hops of a path. A stamp that is an alias of a hop, or the other end of the link
 * into the next hop, is that router; others lie between the matches around them. Several sightings, and the order in
 * which addresses follow each other, narrow the bounds. Where stamps show that the ping left the path and came back, because a router balances
 * load, those in between are on no hop of it. Contradictions are left out and counted. Stamps that identify no router are ignored.
 */
export function placeStamps(hops: Hops, tails: readonly TailStamps[], facts: PlacingFacts): Placements {
  const matcher = new HopMatcher(hops, facts.aliases);
  const refuted = new Map<Ipv4Address, Contradiction>();
  const elsewhere = new Map<Ipv4Address, Contradiction>();
  const sightings = tails.flatMap((tail) => sightingOf(tail, hops, matcher, facts, { refuted, elsewhere }) ?? []);
  const bounds = intersectBounds(sightings);
  narrowByOrder(sightings, bounds);
  const placed: Placement[] = [];
  for (const [address, { first, last }] of bounds) {
    refuted.delete(address);
    const reason = elsewhere.get(address);
    if (matcher.holds(address)) continue;
    if (reason !== undefined) refuted.set(address, reason);
    else if (first > last) refuted.set(address, 'bounds');
    else if (makesAsLoop(address, hops.slice(first, last + 1), facts.ipToAs)) refuted.set(address, 'asLoop');
    else placed.push({ address, first, last });
  }
  const contradictions = [...refuted].map(([address, reason]) => ({ address, reason }));
  return { placed, contradictions, linkEnds: matcher.linkEnds };
}

/**
 * What one ping shows of a path; `undefined` when nothing. Stamps that contradict the path are added to `refuted`, which another ping may still
 * place, or to `elsewhere`.
 */
function sightingOf(
  { target, stamps: all }: TailStamps,
  hops: Hops,
  matcher: HopMatcher,
  facts: PlacingFacts,
  found: { readonly refuted: Map<Ipv4Address, Contradiction>; readonly elsewhere: Map<Ipv4Address, Contradiction> },
): Sighting | undefined {
  const start = hops.indexOf(target);
  const stamps = all.filter((stamp) => facts.aliases.routerKey(stamp) !== undefined);
  if (start < 0 || stamps.length === 0) return undefined;
  const matches = matcher.matchInOrder(start, stamps);
  if (matches === undefined) {
    for (const stamp of stamps) found.refuted.set(stamp, 'order');
    return undefined;
  }
  for (const detour of detoursOf(stamps, matches, start, matcher, facts))
    for (const stamp of detour.stamps) found.elsewhere.set(stamp, detour.reason);
  return { stamps, bounds: boundsOf(matches, start, hops.length - 1) };
}

/** Stamps between two hops of a path that were made elsewhere. */
interface Detour {
  readonly stamps: readonly Ipv4Address[];
  readonly reason: Contradiction;
}

/**
 * The stretches of a ping that are not on the path. Between two matched stamps no more others fit than there are hops, and one that a router
 * before them stamped twice. A stamp whose link leads to a hop of another path shows that all stamps of its stretch are there.
 */
function detoursOf(
  stamps: readonly Ipv4Address[],
  matches: readonly (number | undefined)[],
  start: number,
  matcher: HopMatcher,
  { isHop = () => false }: PlacingFacts,
): Detour[] {
  const detours: Detour[] = [];
  let from = start;
  let open: Ipv4Address[] = [];
  const close = (to: number): void => {
    const reason = open.some((stamp) => matcher.leadsAway(stamp, isHop)) ? 'branch' : 'bounds';
    if (reason === 'branch' || open.length > to - from) detours.push({ stamps: open, reason });
    open = [];
    from = to;
  };
  for (const [i, stamp] of stamps.entries()) {
    const match = matches[i];
    if (match === undefined) open.push(stamp);
    else close(match);
  }
  close(matcher.length - 1);
  return detours.filter((detour) => detour.stamps.length > 0);
}

/** Whether an address belongs to another network than all the hops it would lie between, which are all of one. */
function makesAsLoop(address: Ipv4Address, around: Hops, ipToAs: IpToAs): boolean {
  if (around.length < 2) return false;
  const own = ipToAs.originOf(address);
  if (own === undefined) return false;
  const networks = around.flatMap((hop) => (hop === undefined ? [] : (ipToAs.originOf(hop) ?? [])));
  return networks.length >= 2 && networks.every((network) => network === networks[0] && network !== own);
}
