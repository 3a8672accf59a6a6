import { NetError } from './errors.ts';
import { shorten } from './shorten.ts';

/** An IPv4 address as an unsigned 32-bit integer in host order: `1.2.3.4` is `0x01020304`. */
export type Ipv4Address = number;

const DOT = 46;
const ZERO = 48;

/** Parses a strict dotted quad (no leading zeros, no spaces; RFC 6943 section 3.1.1). Any other text gives `undefined`. */
export function tryParseIpv4(text: string): Ipv4Address | undefined {
  const length = text.length;
  if (length < 7 || length > 15) return undefined;
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || dots === 3) return undefined;
      address = address * 256 + octet;
      octet = -1;
      dots++;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || octet === 0) return undefined;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return undefined;
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : undefined;
}

/** Parses a strict dotted quad. @throws {NetError} `badAddress` */
export function parseIpv4(text: string): Ipv4Address {
  const address = tryParseIpv4(text);
  if (address === undefined)
    throw new NetError('badAddress', `'${shorten(text)}' is not an IPv4 address`, { text: shorten(text) });
  return address;
}

/** Formats an address as a dotted quad. */
export function formatIpv4(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Reads an address in network byte order. The four bytes must exist: out of bounds they count as 0. */
export function readIpv4(bytes: Uint8Array, at: number): Ipv4Address {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Writes an address in network byte order. */
export function writeIpv4(bytes: Uint8Array, at: number, address: Ipv4Address): void {
  bytes[at] = address >>> 24;
  bytes[at + 1] = (address >>> 16) & 255;
  bytes[at + 2] = (address >>> 8) & 255;
  bytes[at + 3] = address & 255;
}
