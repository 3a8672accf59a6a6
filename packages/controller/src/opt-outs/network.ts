import { isIPv6, SocketAddress } from 'node:net';
import { formatPrefix, parsePrefix } from '@revtr/net';

/** What can opt out: an IPv4 prefix, an IPv6 prefix, or all prefixes that an AS announces. */
export interface Network {
  readonly kind: 'ipv4' | 'ipv6' | 'as';
  /** Canonical form: `192.0.2.0/24`, `2001:db8::/32` (RFC 5952), `AS64500` (RFC 5396). */
  readonly network: string;
}

/** Shortest prefixes that can opt out: shorter ones are no single network's. */
export const SHORTEST = { ipv4: 8, ipv6: 16 } as const;
const HIGHEST_ASN = 0xffffffff;
const MOST_CHARACTERS = 60;

/**
 * Reads a network. An address without a length stands for itself, and `AS` before an AS number may be absent.
 * @throws {RangeError} that says what is wrong
 */
export function parseNetwork(text: string): Network {
  const trimmed = text.trim();
  if (trimmed.length > MOST_CHARACTERS) throw new RangeError('a network has at most 60 characters');
  const asn = /^(?:AS)?(\d{1,10})$/i.exec(trimmed)?.[1];
  if (asn !== undefined) return parseAs(trimmed, Number(asn));
  return trimmed.includes(':') ? parseIpv6(trimmed) : parseIpv4(trimmed);
}

/** The number of a network of kind `as`. */
export const asnOf = ({ network }: Network): number => Number(network.slice(2));

/** The bits of an IPv6 address. */
export function ipv6Bits(address: string): bigint {
  const [head, tail] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])];
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
}

function parseAs(text: string, asn: number): Network {
  if (asn < 1 || asn > HIGHEST_ASN) throw new RangeError(`'${text}' is not an AS number`);
  return { kind: 'as', network: `AS${asn}` };
}

function parseIpv4(text: string): Network {
  let prefix: ReturnType<typeof parsePrefix>;
  try {
    prefix = parsePrefix(text.includes('/') ? text : `${text}/32`);
  } catch {
    throw new RangeError(`'${text}' is neither a prefix without host bits nor an AS number`);
  }
  if (prefix.length < SHORTEST.ipv4) throw new RangeError(`'${text}' is shorter than /${SHORTEST.ipv4}`);
  return { kind: 'ipv4', network: formatPrefix(prefix) };
}

function parseIpv6(text: string): Network {
  const [address, bits = '128', ...rest] = text.split('/');
  if (!isIPv6(address) || /[%.]/.test(address) || !/^(0|[1-9]\d{0,2})$/.test(bits) || rest.length > 0)
    throw new RangeError(`'${text}' is not an IPv6 prefix`);
  const length = Number(bits);
  if (length > 128 || (ipv6Bits(address) & ((1n << BigInt(128 - length)) - 1n)) !== 0n)
    throw new RangeError(`'${text}' is not an IPv6 prefix without host bits`);
  if (length < SHORTEST.ipv6) throw new RangeError(`'${text}' is shorter than /${SHORTEST.ipv6}`);
  return { kind: 'ipv6', network: `${new SocketAddress({ address, family: 'ipv6' }).address}/${length}` };
}
