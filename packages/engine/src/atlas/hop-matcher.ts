import type { Ipv4Address } from '@revtr/net';
import { type Aliases, areLinkMates, linkMatesOf } from '../facts/aliases.ts';
import type { AtlasTraceroute } from './traceroute.ts';

type Hops = AtlasTraceroute['hops'];

/** Finds the hop of a path that a Record Route stamp belongs to, by address, by alias, or by the link between two hops. */
export class HopMatcher {
  /** Matches by link so far: each stamp with the hop that is then the same router. */
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
      const router = hop === undefined ? undefined : aliases.routerKey(hop);
      if (hop === undefined || router === undefined) continue;
      this.#positions.set(router, i);
      const link = this.#byLink.get(hop >>> 2);
      if (link === undefined) this.#byLink.set(hop >>> 2, [i]);
      else link.unshift(i);
    }
  }

  /** Number of hops of the path, the source included. */
  get length(): number {
    return this.#hops.length;
  }

  /** Whether a stamp is one end of a point-to-point link whose other end is a hop of other paths, and no router of this one. */
  leadsAway(stamp: Ipv4Address, isHop: (address: Ipv4Address) => boolean): boolean {
    return linkMatesOf(stamp).some((mate) => {
      const key = this.#aliases.routerKey(mate);
      return key !== undefined && !this.#positions.has(key) && isHop(mate);
    });
  }

  /** Whether an address is itself a hop. */
  holds(address: Ipv4Address): boolean {
    return this.#hops.includes(address);
  }

  /**
   * For each stamp the position of its hop, if it is known. `undefined` when a stamp is a hop before one
   * that was passed already: then the ping did not go this way. Every stamp must identify a router.
   */
  matchInOrder(start: number, stamps: readonly Ipv4Address[]): (number | undefined)[] | undefined {
    const matches: (number | undefined)[] = [];
    let from = start;
    for (const stamp of stamps) {
      const key = this.#aliases.routerKey(stamp);
      const router = key === undefined ? undefined : this.#positions.get(key);
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
      if (before !== undefined && this.#aliases.routerKey(before) !== undefined) this.linkEnds.push([stamp, before]);
      return i - 1;
    }
    return undefined;
  }
}
