import { readWord, writeWord } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import type { PacketFault } from './errors.ts';

/** The ICMP types (RFC 792) that this system sends or parses. */
export const ICMP = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11, parameterProblem: 12 } as const;

/** Length of an ICMP header, bytes. */
export const ICMP_HEADER_LENGTH = 8;

/** Checks length and checksum of the ICMP message in `bytes[at..end)`; after that the readers of this file are safe. */
export function checkIcmp(bytes: Uint8Array, at: number, end: number): PacketFault | undefined {
  if (end - at < ICMP_HEADER_LENGTH) return 'icmpTruncated';
  return internetChecksum(bytes, at, end) === 0 ? undefined : 'badChecksum';
}

/** ICMP type of the message at offset `at` (RFC 792). */
export const icmpTypeOf = (bytes: Uint8Array, at: number): number => bytes[at];
export const icmpCodeOf = (bytes: Uint8Array, at: number): number => bytes[at + 1];
export const icmpChecksumOf = (bytes: Uint8Array, at: number): number => readWord(bytes, at + 2);
/** Identifier of an echo message. */
export const echoIdentifierOf = (bytes: Uint8Array, at: number): number => readWord(bytes, at + 4);
/** Sequence number of an echo message. */
export const echoSequenceOf = (bytes: Uint8Array, at: number): number => readWord(bytes, at + 6);

/**
 * Writes an ICMP header (RFC 792): type, code, the two words `first` and `second` after the checksum, and the checksum over
 * `bytes[at..end)`. The body must already be in place.
 */
export function writeIcmp(
  bytes: Uint8Array,
  at: number,
  end: number,
  type: number,
  code: number,
  first: number,
  second: number,
): void {
  bytes[at] = type;
  bytes[at + 1] = code;
  writeWord(bytes, at + 4, first);
  writeWord(bytes, at + 6, second);
  writeWord(bytes, at + 2, 0);
  writeWord(bytes, at + 2, internetChecksum(bytes, at, end));
}

/** Whether a message of `type` is an error that quotes the offending packet. */
export function quotesPacket(type: number): boolean {
  return type === ICMP.unreachable || type === ICMP.timeExceeded || type === ICMP.parameterProblem;
}
