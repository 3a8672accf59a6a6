import { destinationOf, headerLengthOf, readIpv4, sourceOf } from '@revtr/net';
import { hash32 } from '@revtr/probing';

/**
 * The flow a packet belongs to, as routers that balance per flow see it: both addresses and the first eight bytes behind
 * the IP header but the sequence number, which for ICMP are type, code, checksum and identifier (Augustin et al., IMC 2006).
 */
export function flowOf(packet: Uint8Array): number {
  const transport = headerLengthOf(packet, 0);
  const first = readIpv4(packet, transport);
  const identifier = (packet[transport + 4] << 8) | packet[transport + 5];
  return hash32(hash32(sourceOf(packet, 0), destinationOf(packet, 0)), hash32(first, identifier));
}
