import { writeWord } from './bytes.ts';
import { NetError } from './errors.ts';
import { ICMP, ICMP_HEADER_LENGTH, icmpChecksumOf, writeIcmp } from './icmp.ts';
import type { Ipv4Address } from './ipv4-address.ts';
import { MAX_OPTIONS_LENGTH, MIN_HEADER_LENGTH, PROTOCOL_ICMP, writeIpv4Header } from './ipv4-header.ts';
import { writeRecordRoute } from './record-route.ts';
import { type TimestampForm, writeTimestamp } from './timestamp-option.ts';

/** The IP option of an echo request (RFC 791 section 3.1). */
export type EchoOption =
  | { readonly type: 'recordRoute' /** 1 to 9. */; readonly slots: number }
  | {
      readonly type: 'timestamp';
      readonly form: TimestampForm;
      /** The number of entries; for the form `prespecified` the list of addresses. */
      readonly slots: number | readonly Ipv4Address[];
    };

/** The fields of an ICMP echo request to build. */
export interface EchoRequestFields {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  /** 1 to 255. */
  readonly ttl: number;
  /** 16 bits. */
  readonly identifier: number;
  /** 16 bits. */
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly option?: EchoOption;
  /** IPv4 identification, default 0. */
  readonly identification?: number;
  /**
   * The ICMP checksum to produce, 1 to 0xfffe: the builder sets the last two bytes of the payload accordingly. The payload must
   * have an even length of at least 2. Probes of one flow keep one checksum, because routers balance on it (Paris traceroute,
   * Augustin et al., IMC 2006). Default: the checksum that follows from the payload.
   */
  readonly checksum?: number;
}

/**
 * Builds an IPv4 packet with an ICMP echo request (RFC 791, RFC 792), checksums included.
 * @throws {NetError} `badRecordRoute` or `badTimestamp` when the option is out of range, `badPayload` when the payload cannot produce
 * `checksum`, `bufferTooSmall` when the packet would be longer than 65,535 bytes
 */
export function buildEchoRequest(fields: EchoRequestFields): Uint8Array {
  const header = new Uint8Array(MIN_HEADER_LENGTH + MAX_OPTIONS_LENGTH);
  const headerLength = MIN_HEADER_LENGTH + writeOption(header, fields.option);
  const end = headerLength + ICMP_HEADER_LENGTH + fields.payload.length;
  if (end > 0xffff) throw new NetError('bufferTooSmall', `a packet of ${end} bytes is too long`, { end });
  const { length } = fields.payload;
  if (fields.checksum !== undefined && (length < 2 || length % 2 !== 0))
    throw new NetError('badPayload', `a payload of ${length} bytes cannot produce a chosen checksum`, { length });
  const packet = new Uint8Array(end);
  packet.set(header.subarray(0, headerLength));
  packet.set(fields.payload, headerLength + ICMP_HEADER_LENGTH);
  if (fields.checksum !== undefined) writeWord(packet, end - 2, 0);
  writeIcmp(packet, headerLength, end, ICMP.echoRequest, 0, fields.identifier, fields.sequence);
  if (fields.checksum !== undefined) balance(packet, headerLength, end, fields.checksum);
  writeIpv4Header(packet, 0, headerLength, end, { ...fields, protocol: PROTOCOL_ICMP });
  return packet;
}

/** Sets the last word of the message so that its checksum becomes `wanted`. */
function balance(packet: Uint8Array, icmp: number, end: number, wanted: number): void {
  const difference = icmpChecksumOf(packet, icmp) - wanted;
  writeWord(packet, end - 2, difference < 0 ? difference + 0xffff : difference);
  writeWord(packet, icmp + 2, wanted);
}

/** Writes the option behind the fixed header and returns its length padded to a multiple of four. */
function writeOption(header: Uint8Array, option: EchoOption | undefined): number {
  if (option === undefined) return 0;
  const length =
    option.type === 'recordRoute'
      ? writeRecordRoute(header, MIN_HEADER_LENGTH, option.slots)
      : writeTimestamp(header, MIN_HEADER_LENGTH, option.form, option.slots);
  return (length + 3) & ~3;
}
