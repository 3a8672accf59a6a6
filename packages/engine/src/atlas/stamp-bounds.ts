import type { Ipv4Address } from '@revtr/net';

/** Positions on a path between which an address lies, both included. It has no position when `first` is greater than `last`. */
export interface Bounds {
  first: number;
  last: number;
}

/** The stamps of one ping, in order, each with its bounds on the path. */
export interface Sighting {
  readonly stamps: readonly Ipv4Address[];
  readonly bounds: readonly Bounds[];
}

/**
 * Bounds of each stamp of one ping: a matched stamp lies at its match, another one between the matches around it.
 *
 * @param start position of the hop that answered
 * @param end position of the source
 */
export function boundsOf(matches: readonly (number | undefined)[], start: number, end: number): Bounds[] {
  let first = start;
  return matches.map((match, i) => {
    first = match ?? first;
    const last = match ?? matches.slice(i + 1).find((position) => position !== undefined) ?? end;
    return { first, last };
  });
}

/** Bounds by address: the intersection over all sightings. */
export function intersectBounds(sightings: readonly Sighting[]): Map<Ipv4Address, Bounds> {
  const bounds = new Map<Ipv4Address, Bounds>();
  for (const sighting of sightings)
    sighting.stamps.forEach((address, i) => {
      const { first, last } = sighting.bounds[i];
      const known = bounds.get(address);
      bounds.set(address, { first: Math.max(first, known?.first ?? 0), last: Math.min(last, known?.last ?? last) });
    });
  return bounds;
}

/**
 * Narrows bounds in place by the order of stamps: an address does not lie before one that was stamped earlier, nor behind one that was
 * stamped later. It stops when nothing changes any more, or after as many rounds as there are sightings.
 */
export function narrowByOrder(sightings: readonly Sighting[], bounds: Map<Ipv4Address, Bounds>): void {
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
