import type { PacketFault } from './errors.ts';
import { ICMP_HEADER_LENGTH, writeIcmp } from './icmp.ts';
import { ICMP_EXTENSION_QUOTE, type MplsLabel, mplsExtensionLength, writeMplsExtension } from './icmp-extension.ts';
import {
  checkIpv4Header,
  headerLengthOf,
  type Ipv4HeaderFields,
  MIN_HEADER_LENGTH,
  PROTOCOL_ICMP,
  totalLengthOf,
  writeIpv4Header,
} from './ipv4-header.ts';

/** Bytes of payload that an ICMP error quotes after the header of the offending packet (RFC 792). */
export const QUOTED_PAYLOAD_LENGTH = 8;

/** The fields of an ICMP error to build; `type` and `code` as in RFC 792. */
export interface IcmpErrorFields extends Omit<Ipv4HeaderFields, 'protocol'> {
  readonly type: number;
  readonly code: number;
  /** MPLS label stack of the router that dropped the packet (RFC 4950). Default: none. */
  readonly labels?: readonly MplsLabel[];
}

/**
 * Builds an IPv4 packet with the ICMP error about the packet at `offending[start..)`, which must have passed
 * {@link checkIpv4Header}. The error quotes its header with the options and the next eight bytes (RFC 792). With labels, the quote
 * is padded to 128 bytes and the extension follows (RFC 4884 section 5.3).
 */
export function buildIcmpError(offending: Uint8Array, start: number, fields: IcmpErrorFields): Uint8Array {
  const total = totalLengthOf(offending, start);
  const quoted = Math.min(headerLengthOf(offending, start) + QUOTED_PAYLOAD_LENGTH, total);
  const labels = fields.labels ?? [];
  const quoteArea = labels.length > 0 ? ICMP_EXTENSION_QUOTE : quoted;
  const icmp = MIN_HEADER_LENGTH;
  const extension = icmp + ICMP_HEADER_LENGTH + quoteArea;
  const length = extension + (labels.length > 0 ? mplsExtensionLength(labels.length) : 0);
  const packet = new Uint8Array(length);
  for (let i = 0; i < quoted; i++) packet[icmp + ICMP_HEADER_LENGTH + i] = offending[start + i];
  if (labels.length > 0) writeMplsExtension(packet, extension, labels);
  const quoteWords = labels.length > 0 ? ICMP_EXTENSION_QUOTE / 4 : 0;
  writeIcmp(packet, icmp, length, fields.type, fields.code, quoteWords, 0);
  writeIpv4Header(packet, 0, MIN_HEADER_LENGTH, length, { ...fields, protocol: PROTOCOL_ICMP });
  return packet;
}

/**
 * Checks that the ICMP error at `bytes[at..end)` quotes a whole IPv4 header and eight more bytes. The total length of the quoted
 * packet may lie beyond the data, because routers truncate quotes. Returns `undefined` when the quote is usable; the quoted header
 * then begins at `at + 8`.
 */
export function checkQuote(bytes: Uint8Array, at: number, end: number): PacketFault | undefined {
  const quote = at + ICMP_HEADER_LENGTH;
  const fault = checkIpv4Header(bytes, quote, end);
  if (fault !== undefined && fault !== 'totalLengthBeyondData') return fault;
  const needed = headerLengthOf(bytes, quote) + QUOTED_PAYLOAD_LENGTH;
  return quote + needed > end ? 'quoteTruncated' : undefined;
}
