import type { PacketFault } from './errors.ts';
import { headerLengthOf, MIN_HEADER_LENGTH } from './ipv4-header.ts';

/** Option types (RFC 791 section 3.1). */
export const OPTION_END = 0;
export const OPTION_NOP = 1;
/** Types of the IPv4 options Record Route and Timestamp (RFC 791 section 3.1). */
export const OPTION_RECORD_ROUTE = 7;
export const OPTION_TIMESTAMP = 68;

/**
 * Checks the lengths of all options of a header that has passed {@link checkIpv4Header}, with the rules of gopacket's IPv4 layer:
 * an option is faulty when its length byte is missing, is 2 or less, or points beyond the header.
 */
export function checkOptions(bytes: Uint8Array, start: number): PacketFault | undefined {
  const end = start + headerLengthOf(bytes, start);
  let at = start + MIN_HEADER_LENGTH;
  while (at < end) {
    const type = bytes[at];
    if (type === OPTION_END) return undefined;
    if (type === OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return 'optionTruncated';
    const length = bytes[at + 1];
    if (length <= 2) return 'optionLengthTooSmall';
    if (at + length > end) return 'optionBeyondHeader';
    at += length;
  }
  return undefined;
}

/** Returns the offset of the first option of `type` in a header that has passed {@link checkOptions}, -1 when there is none. */
export function findOption(bytes: Uint8Array, start: number, type: number): number {
  const end = start + headerLengthOf(bytes, start);
  let at = start + MIN_HEADER_LENGTH;
  while (at < end && bytes[at] !== OPTION_END) {
    if (bytes[at] === type) return at;
    at += bytes[at] === OPTION_NOP ? 1 : bytes[at + 1];
  }
  return -1;
}
