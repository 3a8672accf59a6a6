import { NetError } from './errors.ts';
import { formatIpv4, type Ipv4Address, tryParseIpv4 } from './ipv4-address.ts';
import { shorten } from './shorten.ts';

/** An IPv4 prefix: `address` has no bit set beyond `length`. */
export interface Prefix {
  readonly address: Ipv4Address;
  /** 0 to 32 bits. */
  readonly length: number;
}

/** The netmask of a prefix length as an unsigned 32-bit integer. */
export function maskOf(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** The prefix of `length` bits, 0 to 32, that contains `address`. */
export function prefixOf(address: Ipv4Address, length: number): Prefix {
  return { address: (address & maskOf(length)) >>> 0, length };
}

/** Parses `a.b.c.d/length` (RFC 4632 section 3.1). @throws {NetError} `badPrefix` when malformed or when host bits are set */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : tryParseIpv4(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  const length = /^(0|[1-9]\d?)$/.test(bits) ? Number(bits) : 33;
  if (address === undefined || length > 32 || (address & maskOf(length)) >>> 0 !== address) {
    throw new NetError('badPrefix', `'${shorten(text)}' is not an IPv4 prefix`, { text: shorten(text) });
  }
  return { address, length };
}

/** Formats a prefix as `a.b.c.d/length`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

/** Whether `address` lies in `prefix`. */
export function prefixContains(prefix: Prefix, address: Ipv4Address): boolean {
  return (address & maskOf(prefix.length)) >>> 0 === prefix.address;
}

/** The highest address of a prefix. */
export function lastAddressOf(prefix: Prefix): Ipv4Address {
  return (prefix.address | ~maskOf(prefix.length)) >>> 0;
}
