import {
  findOption,
  headerLengthOf,
  ICMP,
  type Ipv4Address,
  icmpTypeOf,
  OPTION_RECORD_ROUTE,
  readRecordRoute,
  refreshHeaderChecksum,
  sourceOf,
  writeIpv4,
} from '@revtr/net';

/**
 * What is wrong with the packets of all hosts. `silence`: those that they send are lost. `prohibited`: the first router answers them with the ICMP error
 * "communication administratively prohibited". `falseStamps`: echo replies that they receive name other routers on the reverse path than those that
 * stamped them.
 */
export type NetworkFault = 'silence' | 'prohibited' | 'falseStamps';

/** Code of the ICMP error "communication administratively prohibited" (RFC 1812, section 5.2.7.1). */
export const PROHIBITED = 13;

/** Overwrites the stamps of an echo reply that follow the one of its sender. The header checksum is kept right. */
export function falsifyStamps(packet: Uint8Array, other: (stamp: Ipv4Address) => Ipv4Address): void {
  const option = findOption(packet, 0, OPTION_RECORD_ROUTE);
  if (option < 0 || icmpTypeOf(packet, headerLengthOf(packet, 0)) !== ICMP.echoReply) return;
  const stamps = readRecordRoute(packet, option);
  const turn = stamps.indexOf(sourceOf(packet, 0));
  if (turn < 0) return;
  for (const [slot, stamp] of stamps.entries()) if (slot > turn) writeIpv4(packet, option + 3 + 4 * slot, other(stamp));
  refreshHeaderChecksum(packet, 0);
}
