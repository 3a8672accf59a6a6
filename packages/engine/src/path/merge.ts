import type { Ipv4Address } from '@revtr/net';
import type { Hop } from './hop.ts';

/** How an extension continues a path. */
export interface Merge {
  /** Position of the last hop of the path that stays, from 0. */
  readonly keptUntil: number;
  /** New hops that follow it, in order; empty when the extension repeats the path only. */
  readonly added: readonly Hop[];
}

/** What a merge must know of the path. */
export interface MergeFacts {
  /** Position of a router on the path, -1 when the path does not pass it; `behind` is the position of the hop before it, or -1. */
  readonly positionOf: (address: Ipv4Address, behind: number) => number;
  /** Whether the hop at a position, if there is one, is an assumption. */
  readonly isAssumed: (position: number) => boolean;
}

/**
 * Merges `hops`, which follow the hop at position `from`, into a path. Hops of the extension up to the last one that is on the path already
 * are dropped; the path continues behind the later of that hop and `from`. Immediate repetitions of an address are dropped.
 *
 * Packets that pass a hop before an assumption refute the assumption, because they would pass both again and again. The path then continues behind
 * that hop as the packets do.
 */
export function mergeInto(from: number, hops: readonly Hop[], { positionOf, isAssumed }: MergeFacts): Merge {
  let keptUntil = from;
  let fresh = 0;
  let position = from;
  /** Position of the last hop of the extension that the path has. */
  let last = from;
  hops.forEach((hop, i) => {
    position = positionOf(hop.address, position);
    if (position < 0) return;
    keptUntil = Math.max(keptUntil, position);
    last = position;
    fresh = i + 1;
  });
  if (last < from && fresh < hops.length && isAssumed(last + 1)) keptUntil = last;
  const added = hops.slice(fresh).filter((hop, i, all) => i === 0 || all[i - 1].address !== hop.address);
  return { keptUntil, added };
}
