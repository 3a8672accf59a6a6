import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import type { Measurement } from '../contract/measurement.ts';

/** The hop before a target on the forward path from the source. */
export interface PenultimateHop {
  readonly address: Ipv4Address;
  /** Hops between it and the target whose addresses identify no router, from the target on. */
  readonly unidentified: readonly Ipv4Address[];
  /** The hop before it on the forward path; `undefined` when that hop is silent or this is the source. */
  readonly before: Ipv4Address | undefined;
  /** Whether the traceroute passes the target with no silent hop between this hop and the target. */
  readonly adjacent: boolean;
  /** Links between the source and this hop on the forward path; 0 for the source itself. */
  readonly links: number;
}

/**
 * The hop before `target` on a traceroute that passes `target`: the last one that identifies a router, with those that do not behind it. If `allowIncomplete` is set, a traceroute to `target` that stopped on the
 * way gives its last responsive hop. `undefined` when there is no such hop, or when the traceroute did not arrive and its last hop is on
 * the path already and `skipsKnown` is not set.
 */
export function penultimateHop(
  { path, aliases }: Pick<Measurement, 'path' | 'aliases'>,
  { hops, request }: TracerouteResult,
  target: Ipv4Address,
  options: {
    readonly allowIncomplete: boolean;
    /** Whether hops that the path has are skipped on a traceroute that did not arrive as well. Default false. */
    readonly skipsKnown?: boolean;
  },
): PenultimateHop | undefined {
  let position = hops.findLastIndex(({ from }) => from !== undefined && aliases.sameRouter(from, target));
  const isPassed = position >= 0;
  if (!isPassed) {
    if (!options.allowIncomplete || request.target !== target) return undefined;
    position = hops.length;
  }
  const unidentified: Ipv4Address[] = [];
  let adjacent = isPassed;
  for (let i = position - 1; i >= 0; i--) {
    const { from } = hops[i];
    if (from === undefined) {
      adjacent = false;
      continue;
    }
    if (aliases.routerKey(from) === undefined) {
      if (!path.hops.slice(path.indexOf(target) + 1).some(({ address }) => address === from)) unidentified.push(from);
      continue;
    }
    if (path.indexOf(from) >= 0) {
      if (!isPassed && options.skipsKnown !== true) return undefined;
      adjacent = false;
      continue;
    }
    return { address: from, unidentified, before: hops[i - 1]?.from, adjacent, links: hops[i].ttl };
  }
  const isFirst = isPassed && hops[0].ttl === 1;
  return isFirst ? { address: path.source, unidentified, before: undefined, adjacent, links: 0 } : undefined;
}
