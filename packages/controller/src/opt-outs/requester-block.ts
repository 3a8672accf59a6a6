import { limitedAddressOf } from '@revtr/link';

/**
 * The block of addresses that one site may have, for an address: the /24 of an IPv4 address, the /48 of an IPv6 address (RFC 6177). Other texts
 * stand for themselves.
 */
export function requesterBlockOf(address: string): string {
  const client = limitedAddressOf(address);
  const ipv4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(client)?.[1];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  return client.endsWith('/64') ? `${client.split(':').slice(0, 3).join(':')}::/48` : client;
}
