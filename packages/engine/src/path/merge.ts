import type { Ipv4Address } from '@revtr/net';
import type { Hop } from './hop.ts';

/** How an extension continues a path. */
export interface Merge {
  /** Position of the last hop of the path that stays, from 0. */
  readonly keptUntil: number;
  /** New hops that follow it, in order; empty when the extension repeats the path only. */
  readonly added: readonly Hop[];
}

/**
 * Merges `hops`, which follow the hop at position `from`, into a path. Hops of the extension up to the last one that is on the path already
 * are dropped; the path continues behind the later of that hop and `from`. Immediate repetitions of an address are dropped.
 *
 * @param positionOf position of a router on the path, -1 when the path does not pass it; `behind` is the position of the hop before it, or -1
 */
export function mergeInto(
  from: number,
  hops: readonly Hop[],
  positionOf: (address: Ipv4Address, behind: number) => number,
): Merge {
  let keptUntil = from;
  let fresh = 0;
  let position = from;
  hops.forEach((hop, i) => {
    position = positionOf(hop.address, position);
    if (position < 0) return;
    keptUntil = Math.max(keptUntil, position);
    fresh = i + 1;
  });
  const added = hops.slice(fresh).filter((hop, i, all) => i === 0 || all[i - 1].address !== hop.address);
  return { keptUntil, added };
}
