import { type Ipv4Address, prefixContains } from '@revtr/net';
import type { IpToAs } from '../facts/ip-to-as.ts';

/**
 * Routers by which a probe may have entered the target's prefix: the stamped hops inside the target's network, and the hop right before
 * them (IMC 2022, section 4.3). `forward` holds the stamps before the target's own. `undefined` when the target's prefix is unknown or no
 * router qualifies.
 */
export function ingressCandidates(
  target: Ipv4Address,
  forward: readonly Ipv4Address[],
  ipToAs: IpToAs,
): readonly Ipv4Address[] | undefined {
  const network = ipToAs.originOf(target);
  const prefix = ipToAs.prefixOf(target);
  if (network === undefined || prefix === undefined) return undefined;
  const first = forward.findIndex((stamp) => ipToAs.originOf(stamp) === network && !prefixContains(prefix, stamp));
  const from = first < 0 ? forward.length - 1 : first - 1;
  const candidates = forward.slice(Math.max(0, from)).filter((stamp) => stamp !== target && stamp !== 0);
  return candidates.length === 0 ? undefined : candidates;
}
