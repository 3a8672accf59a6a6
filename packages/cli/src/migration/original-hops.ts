import type { Migration } from '@revtr/client';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { OriginalTraceroute } from './original-system.ts';

/** The hops of traceroutes, collected row by row. */
export class OriginalHops {
  readonly #traceroutes: ReadonlyMap<number, OriginalTraceroute>;
  /** Addresses by TTL, of each traceroute. */
  readonly #hops = new Map<number, (Ipv4Address | undefined)[]>();

  constructor(traceroutes: ReadonlyMap<number, OriginalTraceroute>) {
    this.#traceroutes = traceroutes;
  }

  /** Takes a hop. Of several answers to probes of one TTL, the first one counts. */
  add({ trace_id: id, hop, ttl }: { readonly trace_id: number; readonly hop: number; readonly ttl: number }): void {
    // TTL 0 is the origin.
    if (ttl === 0 || !this.#traceroutes.has(id)) return;
    const hops = this.#hops.get(id) ?? [];
    this.#hops.set(id, hops);
    hops[ttl - 1] ??= hop;
  }

  /** The traceroutes with their hops, in the form that the API takes. Those without hops are left out. */
  *traceroutes(): Generator<Migration['traceroutes'][number]> {
    for (const { id, source, origin, platform, at } of this.#traceroutes.values()) {
      const hops = this.#hops.get(id);
      if (hops === undefined) continue;
      const texts = Array.from(hops, (hop) => (hop === undefined ? null : formatIpv4(hop)));
      yield { source: formatIpv4(source), origin: formatIpv4(origin), platform, at, hops: texts };
    }
  }
}
