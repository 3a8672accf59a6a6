import { readWord, writeWord } from './bytes.ts';
import { internetChecksum, updateChecksum } from './checksum.ts';
import type { PacketFault } from './errors.ts';
import { type Ipv4Address, readIpv4, writeIpv4 } from './ipv4-address.ts';

/** Length of an IPv4 header without options (RFC 791 section 3.1), bytes. */
export const MIN_HEADER_LENGTH = 20;
/** Maximum length of the options of an IPv4 header, bytes. */
export const MAX_OPTIONS_LENGTH = 40;
/** Protocol number of ICMP. */
export const PROTOCOL_ICMP = 1;

/** Fields of an IPv4 header to write (RFC 791 section 3.1). {@link writeIpv4Header} takes the lengths as arguments. */
export interface Ipv4HeaderFields {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly protocol: number;
  readonly ttl: number;
  /** 16 bits, default 0. */
  readonly identification?: number;
  /** Type of service byte, default 0. */
  readonly tos?: number;
  /** Default true. */
  readonly dontFragment?: boolean;
}

/**
 * Checks that `bytes[start..end)` begins with a well-formed IPv4 header (RFC 791 section 3.1) whose total length lies within the
 * range. Returns the fault, or `undefined`; after that the readers of this file are safe. {@link checkOptions} checks the options.
 */
export function checkIpv4Header(bytes: Uint8Array, start: number, end: number): PacketFault | undefined {
  if (end - start < MIN_HEADER_LENGTH) return 'headerTruncated';
  if (bytes[start] >>> 4 !== 4) return 'notVersion4';
  const headerLength = (bytes[start] & 15) * 4;
  if (headerLength < MIN_HEADER_LENGTH) return 'headerLengthTooSmall';
  const total = readWord(bytes, start + 2);
  if (total < MIN_HEADER_LENGTH) return 'totalLengthTooSmall';
  if (headerLength > total) return 'headerLengthBeyondTotal';
  if (total > end - start) return 'totalLengthBeyondData';
  return undefined;
}

/** Length of the IPv4 header that begins at `start`, options included, bytes (RFC 791 section 3.1). */
export const headerLengthOf = (bytes: Uint8Array, start: number): number => (bytes[start] & 15) * 4;
/** Length of the packet that begins at `start`, as its header states it, bytes. */
export const totalLengthOf = (bytes: Uint8Array, start: number): number => readWord(bytes, start + 2);
/** Time to live of the packet that begins at `start`. */
export const ttlOf = (bytes: Uint8Array, start: number): number => bytes[start + 8];
export const protocolOf = (bytes: Uint8Array, start: number): number => bytes[start + 9];
/** Source address of the packet that begins at `start`. */
export const sourceOf = (bytes: Uint8Array, start: number): Ipv4Address => readIpv4(bytes, start + 12);
/** Destination address of the packet that begins at `start`. */
export const destinationOf = (bytes: Uint8Array, start: number): Ipv4Address => readIpv4(bytes, start + 16);

/** Whether the header checksum is right. */
export function hasValidHeaderChecksum(bytes: Uint8Array, start: number): boolean {
  return internetChecksum(bytes, start, start + headerLengthOf(bytes, start)) === 0;
}

/** Recomputes the header checksum, for example after an option changed. */
export function refreshHeaderChecksum(bytes: Uint8Array, start: number): void {
  writeWord(bytes, start + 10, 0);
  writeWord(bytes, start + 10, internetChecksum(bytes, start, start + headerLengthOf(bytes, start)));
}

/** Decrements the TTL, which must not be 0, updates the checksum, and returns the new TTL. */
export function decrementTtl(bytes: Uint8Array, start: number): number {
  const before = readWord(bytes, start + 8);
  const after = before - 256;
  writeWord(bytes, start + 8, after);
  writeWord(bytes, start + 10, updateChecksum(readWord(bytes, start + 10), before, after));
  return after >>> 8;
}

/**
 * Writes a header of `headerLength` bytes (a multiple of 4, 20 to 60) for a packet of `totalLength` bytes. The options must
 * already be in place after the fixed part, because the checksum covers them.
 */
export function writeIpv4Header(
  bytes: Uint8Array,
  start: number,
  headerLength: number,
  totalLength: number,
  fields: Ipv4HeaderFields,
): void {
  bytes[start] = 0x40 | (headerLength >>> 2);
  bytes[start + 1] = fields.tos ?? 0;
  writeWord(bytes, start + 2, totalLength);
  writeWord(bytes, start + 4, fields.identification ?? 0);
  writeWord(bytes, start + 6, (fields.dontFragment ?? true) ? 0x4000 : 0);
  bytes[start + 8] = fields.ttl;
  bytes[start + 9] = fields.protocol;
  writeIpv4(bytes, start + 12, fields.source);
  writeIpv4(bytes, start + 16, fields.destination);
  refreshHeaderChecksum(bytes, start);
}
