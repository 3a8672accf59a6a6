import { isIPv6 } from 'node:net';

/**
 * What limits per address count by: the IPv4 address, or the /64 of the IPv6 address, because one host has a whole /64 and may use
 * another address of it for each request (RFC 4291 section 2.5.1, RFC 8981).
 */
export function limitedAddressOf(address: string): string {
  const [client] = address.split('%');
  if (!isIPv6(client)) return client;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(client)?.[1];
  if (mapped !== undefined) return mapped;
  const [head, tail] = client.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups =
    tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
