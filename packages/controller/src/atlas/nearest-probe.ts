import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { RipeProbe } from '@revtr/ripe-atlas';

/**
 * The connected probe in a network whose address shares the most leading bits with an address: networks give neighbouring addresses to
 * neighbouring places. Probes without a public address come last. `undefined` when the network has no probe to ask.
 *
 * @param asn number of the network
 * @param avoid numbers of probes that are not asked
 */
export function nearestProbe(
  probes: readonly RipeProbe[],
  near: Ipv4Address,
  asn: number,
  avoid: ReadonlySet<number>,
): RipeProbe | undefined {
  let best: { readonly probe: RipeProbe; readonly sharedBits: number } | undefined;
  for (const probe of probes) {
    if (!probe.isConnected || probe.asn !== asn || avoid.has(probe.id)) continue;
    const address = probe.address === null ? undefined : tryParseIpv4(probe.address);
    const sharedBits = address === undefined ? -1 : Math.clz32(address ^ near);
    if (best === undefined || sharedBits > best.sharedBits) best = { probe, sharedBits };
  }
  return best?.probe;
}
