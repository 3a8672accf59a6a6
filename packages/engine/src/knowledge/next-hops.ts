import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import type { Aliases } from '../facts/aliases.ts';
import type { Hop } from '../path/hop.ts';

/** A stretch of measured path towards a source, and where a router is in it. */
interface Position {
  readonly hops: readonly Hop[];
  readonly index: number;
  readonly at: number;
}

/** Options of {@link NextHops}. */
export interface NextHopsOptions {
  /** Most routers that are kept for one source; the oldest is dropped first. */
  readonly capacity: number;
}

/** What is known of the paths to one source. */
interface KnownRouters {
  readonly positions: BoundedMap<number, Position>;
  /** When it was last extended, milliseconds since the Unix epoch. */
  learnedAt: number;
}

/** A source that was withdrawn, or that another process measures now, is forgotten after this time without a measurement, milliseconds. */
const KEEP_SOURCE_MS = 86_400_000;

/**
 * The hops that measurements have shown behind each router, by source. Where routing is destination-based, reverse paths to one source form
 * a tree, so the hops behind a router can be reused.
 */
export class NextHops {
  readonly #options: NextHopsOptions;
  readonly #aliases: Aliases;
  /** Sources, the one that has learned least recently first. */
  readonly #bySource = new Map<Ipv4Address, KnownRouters>();

  constructor(options: NextHopsOptions, aliases: Aliases) {
    this.#options = options;
    this.#aliases = aliases;
  }

  /** Learns a segment of a path to `source`, measured at `at` (milliseconds since the Unix epoch). Every hop but the last learns what follows it, if its address identifies it. */
  learn(source: Ipv4Address, hops: readonly Hop[], at: number): void {
    const { positions: known } = this.#routersOf(source, at);
    for (let index = 0; index < hops.length - 1; index++) {
      const key = this.#aliases.routerKey(hops[index].address);
      if (key === undefined) continue;
      const old = known.get(key);
      if (old !== undefined && !this.#isBetter({ hops, index, at }, old)) continue;
      known.set(key, { hops, index, at });
    }
  }

  /** What is known of a source, which learns now. Forgets sources that have not learned for long. */
  #routersOf(source: Ipv4Address, at: number): KnownRouters {
    const routers = this.#bySource.get(source) ?? {
      positions: new BoundedMap<number, Position>(this.#options),
      learnedAt: at,
    };
    routers.learnedAt = Math.max(routers.learnedAt, at);
    this.#bySource.delete(source);
    this.#bySource.set(source, routers);
    for (const [idle, { learnedAt }] of this.#bySource) {
      if (learnedAt >= at - KEEP_SOURCE_MS) break;
      this.#bySource.delete(idle);
    }
    return routers;
  }

  /** Whether a fresh position replaces an old one: it shows more hops, or another next hop, or the old one is an hour older. */
  #isBetter(fresh: Position, old: Position): boolean {
    if (fresh.hops.length - fresh.index >= old.hops.length - old.index || old.at < fresh.at - 3_600_000) return true;
    return this.#showOther(old, fresh);
  }

  /**
   * The known hops behind `address` towards `source`, and when they were measured; empty when none is as new as `oldest` (milliseconds since
   * the Unix epoch). They end at a router behind which a newer measurement has shown another hop.
   */
  behind(
    source: Ipv4Address,
    address: Ipv4Address,
    oldest: number,
  ): { readonly hops: readonly Hop[]; readonly at: number } {
    const known = this.#bySource.get(source)?.positions;
    const position = known?.get(this.#aliases.routerKey(address) ?? Number.NaN);
    if (known === undefined || position === undefined || position.at < oldest) return { hops: [], at: 0 };
    const { hops, index, at } = position;
    const isOutdated = (hop: Hop, i: number): boolean => {
      const newer = i <= index ? undefined : known.get(this.#aliases.routerKey(hop.address) ?? Number.NaN);
      return (
        newer !== undefined && newer.at > at && i < hops.length - 1 && this.#showOther(newer, { hops, index: i, at })
      );
    };
    const end = hops.findIndex(isOutdated);
    return { hops: hops.slice(index + 1, end < 0 ? hops.length : end + 1), at };
  }

  /** Whether two positions of a router have different next hops. */
  #showOther(a: Position, b: Position): boolean {
    const [one, other] = [a, b].map(({ hops, index }) => this.#aliases.routerKey(hops[index + 1].address));
    return one !== other && one !== undefined && other !== undefined;
  }
}
