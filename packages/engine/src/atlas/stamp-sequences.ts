import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import type { Aliases } from '../facts/aliases.ts';

/** How long a successor counts that was not seen again, milliseconds: a router that balances load has several. */
const KEEP_MS = 3_600_000;
/** Most routers whose successors are kept; the one seen least recently is dropped first. */
const MOST_ROUTERS = 200_000;

/**
 * Which address was stamped right behind which router in Record Route answers to one source. Routers stamp in the same way each time. A
 * successor that was never seen before therefore shows that the path has changed, or that the router before it balances load. A new address of
 * a known successor shows the same of that successor: most routers stamp the address of the link by which a packet leaves.
 */
export class StampSequences {
  readonly #aliases: Aliases;
  /** When each address was last seen behind a router. */
  readonly #behind = new BoundedMap<number, Map<Ipv4Address, number>>({ capacity: MOST_ROUTERS });

  constructor(aliases: Aliases) {
    this.#aliases = aliases;
  }

  /**
   * Learns the stamps behind the hop that answered, which comes first; `at` is in milliseconds since the Unix epoch. Returns the
   * routers behind which the path has changed. A pair with an address that identifies no router says nothing.
   */
  learn(stamps: readonly Ipv4Address[], at: number): Ipv4Address[] {
    const changed: Ipv4Address[] = [];
    for (let i = 1; i < stamps.length; i++) {
      const [before, behind] = [stamps[i - 1], stamps[i]];
      const [key, nextKey] = [this.#aliases.routerKey(before), this.#aliases.routerKey(behind)];
      if (key === undefined || nextKey === undefined || key === nextKey) continue;
      const known = this.#behind.get(key) ?? new Map<Ipv4Address, number>();
      if (known.size > 0 && !known.has(behind)) changed.push(this.#isKnownRouter(behind, known) ? behind : before);
      for (const [successor, seen] of known) if (seen < at - KEEP_MS) known.delete(successor);
      known.set(behind, Math.max(at, known.get(behind) ?? at));
      this.#behind.set(key, known);
    }
    return changed;
  }

  #isKnownRouter(address: Ipv4Address, known: ReadonlyMap<Ipv4Address, number>): boolean {
    return [...known.keys()].some((other) => this.#aliases.sameRouter(other, address));
  }
}
