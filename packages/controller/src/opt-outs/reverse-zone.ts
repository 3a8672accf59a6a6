import { formatIpv4, parsePrefix, prefixOf } from '@revtr/net';
import { ipv6Bits, type Network } from './network.ts';

/** Most zones that together prove a network. */
const MOST_PARTS = 16;
/** Zones of longer IPv6 prefixes that are looked at, from the network upwards. */
const MOST_IPV6_ZONES = 8;

/**
 * The domain names of the reverse zones of a network. Each element is one sufficient proof: a record at all names of the element.
 *
 * Zones end at octets (RFC 1035 section 3.5) or nibbles (RFC 3596 section 2.5). The holder of a zone above the network may speak for
 * it. A prefix between two boundaries is also proved by the zones below it together, at most 16, and an IPv4 prefix longer than /24
 * by its classless zone (RFC 2317). AS numbers have no reverse zone.
 */
export function reverseZones({ kind, network }: Network): readonly (readonly string[])[] {
  if (kind === 'ipv4') return ipv4Zones(network);
  return kind === 'ipv6' ? ipv6Zones(network) : [];
}

function ipv4Zones(network: string): string[][] {
  const { address, length } = parsePrefix(network);
  const above = [8, 16, 24, 32].filter((bits) => bits <= length).reverse();
  const zones = above.map((bits) => [ipv4Zone(address, bits)]);
  const next = Math.ceil(length / 8) * 8;
  const parts = 2 ** (next - length);
  if (parts > 1 && parts <= MOST_PARTS)
    zones.push(Array.from({ length: parts }, (_, part) => ipv4Zone((address + part * 2 ** (32 - next)) >>> 0, next)));
  if (length > 24 && length < 32)
    for (const separator of ['/', '-'])
      zones.push([`${address & 0xff}${separator}${length}.${ipv4Zone(prefixOf(address, 24).address, 24)}`]);
  return zones;
}

const ipv4Zone = (address: number, bits: number): string =>
  `${formatIpv4(address)
    .split('.')
    .slice(0, bits / 8)
    .reverse()
    .join('.')}.in-addr.arpa`;

function ipv6Zones(network: string): string[][] {
  const [address, bits] = network.split('/');
  const length = Number(bits);
  const value = ipv6Bits(address);
  const whole = Math.floor(length / 4);
  const zones: string[][] = [];
  for (let nibbles = whole; nibbles >= 4 && zones.length < MOST_IPV6_ZONES; nibbles--)
    zones.push([ipv6Zone(value, nibbles)]);
  const parts = length % 4 === 0 ? 1 : 2 ** (4 - (length % 4));
  if (parts > 1) {
    const step = 1n << BigInt(128 - 4 * (whole + 1));
    zones.push(Array.from({ length: parts }, (_, part) => ipv6Zone(value + BigInt(part) * step, whole + 1)));
  }
  return zones;
}

const ipv6Zone = (value: bigint, nibbles: number): string =>
  `${[...value.toString(16).padStart(32, '0').slice(0, nibbles)].reverse().join('.')}.ip6.arpa`;
