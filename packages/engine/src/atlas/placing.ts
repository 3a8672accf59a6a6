import type { Ipv4Address } from '@revtr/net';
import { type Aliases, areLinkMates } from '../facts/aliases.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';

/** Stamps seen on the way from one hop of the atlas to the source. */
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

/** Why an address or a ping says nothing about a path. */
export type Contradiction =
  /** Its stamps pass the hops of the path in another order, or turn back. */
  | 'order'
  /** Its sightings leave it no position. */
  | 'bounds'
  /** It would leave a network and come back to it: the path of the ping is another one there. */
  | 'asLoop';

/** What Record Route pings say about one path. */
export interface Placements {
  readonly placed: readonly Placement[];
  readonly contradictions: readonly { readonly address: Ipv4Address; readonly reason: Contradiction }[];
  /** Stamps that are the far end of a link into a hop, each with the hop of the path that is then the same router. */
  readonly linkEnds: readonly (readonly [stamp: Ipv4Address, hop: Ipv4Address])[];
}

export interface PlacingFacts {
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
}

type Hops = readonly (Ipv4Address | undefined)[];

interface Bounds {
  first: number;
  last: number;
}

interface Sighting {
  readonly stamps: readonly Ipv4Address[];
  readonly bounds: readonly Bounds[];
}

/**
 * Places Record Route addresses between the hops of a path. A stamp that is an alias of a hop, or the other end of the link
 * into the next hop, is that router; others lie between the matches around them. Several sightings, and the order in
 * which addresses follow each other, narrow the bounds. What contradicts itself is left out and named.
 */
export function placeStamps(hops: Hops, tails: readonly TailStamps[], facts: PlacingFacts): Placements {
  const matcher = new HopMatcher(hops, facts.aliases);
  const refuted = new Map<Ipv4Address, Contradiction>();
  const sightings: Sighting[] = [];
  for (const { target, stamps } of tails) {
    const start = hops.indexOf(target);
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

/** Tells which hop of a path a stamp is. */
class HopMatcher {
  readonly linkEnds: [Ipv4Address, Ipv4Address][] = [];
  readonly #hops: Hops;
  readonly #aliases: Aliases;
  readonly #positions = new Map<number, number>();
  /** Positions by the /30 of their hop: both forms of a point-to-point link lie within one. */
  readonly #byLink = new Map<number, number[]>();

  constructor(hops: Hops, aliases: Aliases) {
    this.#hops = hops;
    this.#aliases = aliases;
    for (let i = hops.length - 1; i >= 0; i--) {
      const hop = hops[i];
      if (hop === undefined) continue;
      this.#positions.set(aliases.routerKey(hop), i);
      const link = this.#byLink.get(hop >>> 2);
      if (link === undefined) this.#byLink.set(hop >>> 2, [i]);
      else link.unshift(i);
    }
  }

  /** Whether an address is itself a hop. */
  holds(address: Ipv4Address): boolean {
    return this.#hops.includes(address);
  }

  /**
   * For each stamp the position of the hop that it is, if that can be told. `undefined` when a stamp is a hop before one
   * that was passed already: then the ping did not go this way.
   */
  matchInOrder(start: number, stamps: readonly Ipv4Address[]): (number | undefined)[] | undefined {
    const matches: (number | undefined)[] = [];
    let from = start;
    for (const stamp of stamps) {
      const router = this.#positions.get(this.#aliases.routerKey(stamp));
      if (router !== undefined && router < from) return undefined;
      const next = router ?? this.#nearEndOf(from, stamp);
      matches.push(next);
      from = next ?? from;
    }
    return matches;
  }

  /** Position of the router from which a link leads whose far end answered as the next hop. */
  #nearEndOf(from: number, stamp: Ipv4Address): number | undefined {
    for (const i of this.#byLink.get(stamp >>> 2) ?? []) {
      const [hop, before] = [this.#hops[i], this.#hops[i - 1]];
      if (i <= from || hop === undefined || !areLinkMates(stamp, hop)) continue;
      if (before !== undefined) this.linkEnds.push([stamp, before]);
      return i - 1;
    }
    return undefined;
  }
}

function boundsOf(matches: readonly (number | undefined)[], start: number, end: number): Bounds[] {
  let first = start;
  return matches.map((match, i) => {
    first = match ?? first;
    const last = match ?? matches.slice(i + 1).find((position) => position !== undefined) ?? end;
    return { first, last };
  });
}

function intersectBounds(sightings: readonly Sighting[]): Map<Ipv4Address, Bounds> {
  const bounds = new Map<Ipv4Address, Bounds>();
  for (const sighting of sightings)
    sighting.stamps.forEach((address, i) => {
      const { first, last } = sighting.bounds[i];
      const known = bounds.get(address);
      bounds.set(address, { first: Math.max(first, known?.first ?? 0), last: Math.min(last, known?.last ?? last) });
    });
  return bounds;
}

/** An address lies not before those that were stamped before it, and not behind those that were stamped after it. */
function narrowByOrder(sightings: readonly Sighting[], bounds: Map<Ipv4Address, Bounds>): void {
  for (let isChanged = sightings.length > 1, rounds = 0; isChanged && rounds <= sightings.length; rounds++) {
    isChanged = false;
    for (const { stamps } of sightings) {
      for (let i = 1; i < stamps.length; i++) {
        const [before, behind] = [bounds.get(stamps[i - 1]), bounds.get(stamps[i])];
        if (before === undefined || behind === undefined) continue;
        if (behind.first < before.first) {
          behind.first = before.first;
          isChanged = true;
        }
        if (before.last > behind.last) {
          before.last = behind.last;
          isChanged = true;
        }
      }
    }
  }
}

/** Whether an address belongs to another network than all the hops it would lie between, which are all of one. */
function makesAsLoop(address: Ipv4Address, around: Hops, ipToAs: IpToAs): boolean {
  if (around.length < 2) return false;
  const own = ipToAs.originOf(address);
  if (own === undefined) return false;
  const networks = around.flatMap((hop) => (hop === undefined ? [] : (ipToAs.originOf(hop) ?? [])));
  return networks.length >= 2 && networks.every((network) => network === networks[0] && network !== own);
}
