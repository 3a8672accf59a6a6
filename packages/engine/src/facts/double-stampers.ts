import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from './aliases.ts';

/** Most routers that are remembered; the oldest is forgotten first. */
const MOST_ROUTERS = 100_000;

/**
 * Routers that write their address twice into one packet that they only forward. Two equal stamps of such a router are no turning point of a
 * Record Route answer.
 */
export class DoubleStampers {
  readonly #aliases: Aliases;
  /** Networks of the targets, by router: `all` when one answer proved it. */
  readonly #targets = new Map<number, Set<number> | 'all'>();

  constructor(aliases: Aliases) {
    this.#aliases = aliases;
  }

  /**
   * Learns from the stamps of one answer. `own` are the slots from the target's first stamp to its last, which it may write twice; absent when
   * it did not stamp: then a router that stamps twice may be the one before the target, unless it does so for targets in several networks.
   */
  learn(
    stamps: readonly Ipv4Address[],
    own: { readonly first: number; readonly last: number } | undefined,
    network: number | undefined,
  ): void {
    for (let slot = 1; slot < stamps.length; slot++) {
      const router = this.#aliases.routerKey(stamps[slot]);
      if (router === undefined || !this.#aliases.sameRouter(stamps[slot - 1], stamps[slot])) continue;
      if (own === undefined) {
        const known = this.#targets.get(router) ?? new Set<number>();
        if (known === 'all' || network === undefined) continue;
        this.#targets.set(router, known.add(network));
      } else if (slot < own.first || slot > own.last + 1) this.#targets.set(router, 'all');
    }
    for (const oldest of this.#targets.keys()) {
      if (this.#targets.size <= MOST_ROUTERS) break;
      this.#targets.delete(oldest);
    }
  }

  /** Whether the router of an address is known to stamp twice when it forwards. */
  has(address: Ipv4Address): boolean {
    const router = this.#aliases.routerKey(address);
    const known = router === undefined ? undefined : this.#targets.get(router);
    return known !== undefined && (known === 'all' || known.size > 1);
  }
}
