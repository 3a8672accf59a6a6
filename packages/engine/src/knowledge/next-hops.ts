import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { Hop } from '../path/hop.ts';

/** A stretch of measured path towards a source, and where a router is in it. */
interface Position {
  readonly hops: readonly Hop[];
  readonly index: number;
  readonly at: number;
}

export interface NextHopsOptions {
  /** Most routers remembered for one source; the oldest is forgotten first. */
  readonly capacity: number;
}

/**
 * What measurements have shown behind each router towards each source. Wherever routing goes by destination, reverse
 * paths to one source form a tree, so that what lies behind a router is worth keeping.
 */
export class NextHops {
  readonly #options: NextHopsOptions;
  readonly #aliases: Aliases;
  readonly #bySource = new Map<Ipv4Address, Map<number, Position>>();

  constructor(options: NextHopsOptions, aliases: Aliases) {
    this.#options = options;
    this.#aliases = aliases;
  }

  /** Remembers a stretch of path to `source` whose hops follow each other; all but the last learn what is behind them. */
  learn(source: Ipv4Address, hops: readonly Hop[], at: number): void {
    const known = this.#bySource.get(source) ?? new Map<number, Position>();
    this.#bySource.set(source, known);
    for (let index = 0; index < hops.length - 1; index++) {
      const key = this.#aliases.routerKey(hops[index].address);
      const old = known.get(key);
      const isLonger =
        old === undefined || hops.length - index >= old.hops.length - old.index || old.at < at - 3_600_000;
      if (!isLonger) continue;
      known.delete(key);
      known.set(key, { hops, index, at });
    }
    for (const key of known.keys()) {
      if (known.size <= this.#options.capacity) break;
      known.delete(key);
    }
  }

  /** The hops known to follow `address` on the way to `source`, not older than `oldest`; empty when none are. */
  behind(
    source: Ipv4Address,
    address: Ipv4Address,
    oldest: number,
  ): { readonly hops: readonly Hop[]; readonly at: number } {
    const position = this.#bySource.get(source)?.get(this.#aliases.routerKey(address));
    if (position === undefined || position.at < oldest) return { hops: [], at: 0 };
    return { hops: position.hops.slice(position.index + 1), at: position.at };
  }
}
