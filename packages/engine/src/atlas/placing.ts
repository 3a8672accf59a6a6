import type { Ipv4Address } from '@revtr/net';
import { type Aliases, areLinkMates } from '../facts/aliases.ts';
import type { AtlasTraceroute } from './traceroute.ts';

/** Stamps seen on the way from one hop of a traceroute to the source. */
export interface TailStamps {
  /** Hop that answered the Record Route ping. */
  readonly target: Ipv4Address;
  /** Stamps behind the target's own, in order. */
  readonly stamps: readonly Ipv4Address[];
}

/** Where a Record Route address belongs in a traceroute: at one position when `first` equals `last`. */
export interface Placement {
  readonly address: Ipv4Address;
  readonly first: number;
  readonly last: number;
}

/**
 * Places Record Route addresses between the hops of a traceroute. A stamp that is an alias of a hop, or the other end of
 * the link into the next hop, is that router; others lie between the matches around them. Several sightings narrow the
 * bounds; an address whose sightings contradict each other is left out.
 */
export function placeStamps(traceroute: AtlasTraceroute, tails: Iterable<TailStamps>, aliases: Aliases): Placement[] {
  const bounds = new Map<Ipv4Address, { first: number; last: number }>();
  for (const { target, stamps } of tails) {
    const start = traceroute.hops.indexOf(target);
    if (start < 0) continue;
    const matches = matchInOrder(traceroute, start, stamps, aliases);
    let first = start;
    stamps.forEach((address, i) => {
      const match = matches[i];
      if (match !== undefined) first = match;
      const last =
        match ?? matches.slice(i + 1).find((position) => position !== undefined) ?? traceroute.hops.length - 1;
      const known = bounds.get(address);
      bounds.set(address, {
        first: Math.max(first, known?.first ?? 0),
        last: Math.min(last, known?.last ?? Number.POSITIVE_INFINITY),
      });
    });
  }
  const placements: Placement[] = [];
  for (const [address, { first, last }] of bounds) {
    if (first <= last && !traceroute.hops.includes(address)) placements.push({ address, first, last });
  }
  return placements;
}

/** For each stamp the position of the hop that it is, if one at or behind the match before it can be told. */
function matchInOrder(
  traceroute: AtlasTraceroute,
  start: number,
  stamps: readonly Ipv4Address[],
  aliases: Aliases,
): (number | undefined)[] {
  let from = start;
  return stamps.map((stamp) => {
    for (let i = from; i < traceroute.hops.length; i++) {
      const hop = traceroute.hops[i];
      if (hop === undefined) continue;
      const isFarEnd = i > from && areLinkMates(stamp, hop);
      if (!isFarEnd && !aliases.sameRouter(stamp, hop)) continue;
      from = isFarEnd ? i - 1 : i;
      return from;
    }
    return undefined;
  });
}
