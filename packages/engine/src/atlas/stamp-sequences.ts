import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import type { Aliases } from '../facts/aliases.ts';

/** How long a successor counts that was not seen again, milliseconds: a router that balances load has several. */
const KEEP_MS = 3_600_000;
/** Most routers whose successors are kept; the one seen least recently is dropped first. */
const MOST_ROUTERS = 200_000;

/**
 * Which router stamped right behind which one in Record Route answers to one source. Routers stamp in the same way each time, so a successor that
 * was never seen before shows that the path has changed, or that the router balances load.
 */
export class StampSequences {
  readonly #aliases: Aliases;
  readonly #behind = new BoundedMap<number, Map<number, number>>({ capacity: MOST_ROUTERS });

  constructor(aliases: Aliases) {
    this.#aliases = aliases;
  }

  /**
   * Learns the stamps behind the hop that answered, which comes first; `at` is in milliseconds since the Unix epoch. Returns the
   * routers whose known successors are others. A pair with an address that identifies no router says nothing.
   */
  learn(stamps: readonly Ipv4Address[], at: number): Ipv4Address[] {
    const changed: Ipv4Address[] = [];
    for (let i = 1; i < stamps.length; i++) {
      const [before, behind] = [this.#aliases.routerKey(stamps[i - 1]), this.#aliases.routerKey(stamps[i])];
      if (before === undefined || behind === undefined || before === behind) continue;
      const known = this.#behind.get(before) ?? new Map<number, number>();
      if (known.size > 0 && !known.has(behind)) changed.push(stamps[i - 1]);
      for (const [successor, seen] of known) if (seen < at - KEEP_MS) known.delete(successor);
      known.set(behind, Math.max(at, known.get(behind) ?? at));
      this.#behind.set(before, known);
    }
    return changed;
  }
}
