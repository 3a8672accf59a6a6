import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import type { Measurement } from '../contract/measurement.ts';

/** The hop before a target on the forward path from the source. */
export interface PenultimateHop {
  readonly address: Ipv4Address;
  /** The hop before it on the forward path; `undefined` when that hop is silent or this is the source. */
  readonly before: Ipv4Address | undefined;
  /** Whether the traceroute passes the target with no silent hop between this hop and the target. */
  readonly adjacent: boolean;
}

/**
 * The hop before `target` on a traceroute that passes `target`. If `allowIncomplete` is set, a traceroute to `target` that stopped on the
 * way gives its last responsive hop. `undefined` when there is no such hop, or when the traceroute did not arrive and its last hop is on
 * the path already.
 */
export function penultimateHop(
  { path, aliases }: Pick<Measurement, 'path' | 'aliases'>,
  { hops, request }: TracerouteResult,
  target: Ipv4Address,
  options: { readonly allowIncomplete: boolean },
): PenultimateHop | undefined {
  let position = hops.findLastIndex(({ from }) => from !== undefined && aliases.sameRouter(from, target));
  const isPassed = position >= 0;
  if (!isPassed) {
    if (!options.allowIncomplete || request.target !== target) return undefined;
    position = hops.length;
  }
  for (let i = position - 1; i >= 0; i--) {
    const { from } = hops[i];
    if (from === undefined) continue;
    if (path.indexOf(from) >= 0) {
      if (isPassed) continue;
      return undefined;
    }
    return { address: from, before: hops[i - 1]?.from, adjacent: isPassed && i === position - 1 };
  }
  const isFirst = isPassed && hops[0].ttl === 1;
  return isFirst ? { address: path.source, before: undefined, adjacent: position === 0 } : undefined;
}
