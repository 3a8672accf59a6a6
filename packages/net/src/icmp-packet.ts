import { NetError, type PacketFault } from './errors.ts';
import {
  checkIcmp,
  echoIdentifierOf,
  echoSequenceOf,
  ICMP_HEADER_LENGTH,
  icmpCodeOf,
  icmpTypeOf,
  quotesPacket,
} from './icmp.ts';
import { checkQuote } from './icmp-error.ts';
import { checkExtension, findExtension, type MplsLabel, readMplsLabels } from './icmp-extension.ts';
import type { Ipv4Address } from './ipv4-address.ts';
import {
  checkIpv4Header,
  destinationOf,
  hasValidHeaderChecksum,
  headerLengthOf,
  PROTOCOL_ICMP,
  protocolOf,
  sourceOf,
  totalLengthOf,
  ttlOf,
} from './ipv4-header.ts';
import { checkOptions, findOption, OPTION_RECORD_ROUTE, OPTION_TIMESTAMP } from './ipv4-options.ts';
import { checkRecordRoute, readRecordRoute } from './record-route.ts';
import { checkTimestamp, readTimestamps, type TimestampEntry } from './timestamp-option.ts';

/**
 * Addresses, TTL and options of an IPv4 header, and the echo fields of the ICMP message after it. In messages other than echo,
 * `identifier` and `sequence` are the second word of the ICMP header (RFC 792).
 */
export interface EchoPacket {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly ttl: number;
  readonly identifier: number;
  readonly sequence: number;
  /** Stamped addresses in order, when the packet carries Record Route. */
  readonly recordRoute?: readonly Ipv4Address[];
  /** Entries in order, when the packet carries Timestamp. */
  readonly timestamps?: readonly TimestampEntry[];
}

/** A parsed ICMP packet. For an error, `quoted` is the offending packet. */
export interface IcmpPacket extends EchoPacket {
  readonly type: number;
  readonly code: number;
  /** Bytes after the ICMP header: a view, not a copy. */
  readonly payload: Uint8Array;
  readonly quoted?: EchoPacket;
  /** MPLS label stack of the router that sent the error (RFC 4950). */
  readonly labels?: readonly MplsLabel[];
}

/**
 * Checks the ICMP-in-IPv4 packet at `bytes[start..end)` in place: header, checksums, options, quote, extension. It allocates
 * nothing. `undefined` means that {@link parseIcmpPacket} succeeds.
 */
export function checkIcmpPacket(bytes: Uint8Array, start: number, end: number): PacketFault | undefined {
  const fault = checkIpv4Header(bytes, start, end);
  if (fault !== undefined) return fault;
  if (!hasValidHeaderChecksum(bytes, start)) return 'badChecksum';
  if (protocolOf(bytes, start) !== PROTOCOL_ICMP) return 'unexpectedProtocol';
  const packetEnd = start + totalLengthOf(bytes, start);
  const icmp = start + headerLengthOf(bytes, start);
  const inner = checkOptionValues(bytes, start) ?? checkIcmp(bytes, icmp, packetEnd);
  if (inner !== undefined || !quotesPacket(icmpTypeOf(bytes, icmp))) return inner;
  const extension = findExtension(bytes, icmp, packetEnd);
  return (
    checkQuote(bytes, icmp, packetEnd) ??
    checkOptionValues(bytes, icmp + ICMP_HEADER_LENGTH) ??
    (extension < 0 ? undefined : checkExtension(bytes, extension, packetEnd))
  );
}

/** Parses an ICMP-in-IPv4 packet (RFC 791, RFC 792). @throws {NetError} with a {@link PacketFault} as code */
export function parseIcmpPacket(bytes: Uint8Array, start = 0, end = bytes.length): IcmpPacket {
  const fault = checkIcmpPacket(bytes, start, end);
  if (fault !== undefined) throw new NetError(fault, `not an ICMP packet: ${fault}`);
  const packetEnd = start + totalLengthOf(bytes, start);
  const icmp = start + headerLengthOf(bytes, start);
  const type = icmpTypeOf(bytes, icmp);
  const packet = {
    ...readEcho(bytes, start),
    type,
    code: icmpCodeOf(bytes, icmp),
    payload: bytes.subarray(icmp + ICMP_HEADER_LENGTH, packetEnd),
  };
  if (!quotesPacket(type)) return packet;
  const extension = findExtension(bytes, icmp, packetEnd);
  const labels = extension < 0 ? [] : readMplsLabels(bytes, extension, packetEnd);
  return { ...packet, quoted: readEcho(bytes, icmp + ICMP_HEADER_LENGTH), ...(labels.length > 0 && { labels }) };
}

/** Checks the options of a header that has passed {@link checkIpv4Header}, including the contents of Record Route and Timestamp. */
export function checkOptionValues(bytes: Uint8Array, start: number): PacketFault | undefined {
  const fault = checkOptions(bytes, start);
  if (fault !== undefined) return fault;
  const recordRoute = findOption(bytes, start, OPTION_RECORD_ROUTE);
  if (recordRoute >= 0 && checkRecordRoute(bytes, recordRoute) !== undefined) return 'badRecordRoute';
  const timestamp = findOption(bytes, start, OPTION_TIMESTAMP);
  return timestamp >= 0 ? checkTimestamp(bytes, timestamp) : undefined;
}

function readEcho(bytes: Uint8Array, start: number): EchoPacket {
  const icmp = start + headerLengthOf(bytes, start);
  const recordRoute = findOption(bytes, start, OPTION_RECORD_ROUTE);
  const timestamp = findOption(bytes, start, OPTION_TIMESTAMP);
  return {
    source: sourceOf(bytes, start),
    destination: destinationOf(bytes, start),
    ttl: ttlOf(bytes, start),
    identifier: echoIdentifierOf(bytes, icmp),
    sequence: echoSequenceOf(bytes, icmp),
    ...(recordRoute >= 0 && { recordRoute: readRecordRoute(bytes, recordRoute) }),
    ...(timestamp >= 0 && { timestamps: readTimestamps(bytes, timestamp) }),
  };
}
