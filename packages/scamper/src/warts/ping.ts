import {
  address,
  addresses,
  announced,
  FieldCodec,
  type FieldsOf,
  type FieldType,
  fieldTable,
  sizedBytes,
  timeval,
  u8,
  u16,
  u32,
} from './fields.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

/** The contents of an IP Timestamp option in a reply (RFC 791). Stamps are milliseconds since midnight UT. */
interface WartsTimestamps {
  readonly stamps: readonly number[];
  /** Addresses of the stamping routers, in the order of `stamps`; absent when the option has none. */
  readonly addresses?: readonly string[];
}

const timestamps: FieldType<WartsTimestamps> = {
  read: (reader) => {
    const [stampCount, addressCount] = [reader.u8(), reader.u8()];
    const stamps = reader.list(stampCount, () => reader.u32());
    if (addressCount === 0) return { stamps };
    return { stamps, addresses: reader.list(addressCount, () => reader.address()) };
  },
  write: (writer, { stamps, addresses: owners = [] }) => {
    writer.u8(stamps.length);
    writer.u8(owners.length);
    for (const stamp of stamps) writer.u32(stamp);
    for (const owner of owners) writer.address(owner);
  },
};

/** The three stamps of an ICMP Timestamp Reply (RFC 792), in milliseconds since midnight UT. */
interface IcmpTimestamps {
  readonly originate: number;
  readonly receive: number;
  readonly transmit: number;
}

const icmpTimestamps: FieldType<IcmpTimestamps> = {
  read: (reader) => ({ originate: reader.u32(), receive: reader.u32(), transmit: reader.u32() }),
  write: (writer, { originate, receive, transmit }) => {
    for (const stamp of [originate, receive, transmit]) writer.u32(stamp);
  },
};

const PING = fieldTable({
  listId: [1, u32],
  cycleId: [2, u32],
  start: [5, timeval],
  stopReason: [6, u8],
  stopData: [7, u8],
  payload: [8, sizedBytes],
  payloadAnnounced: [9, announced],
  probeCount: [10, u16],
  probeSize: [11, u16],
  wait: [12, u8],
  ttl: [13, u8],
  replyCount: [14, u16],
  sent: [15, u16],
  method: [16, u8],
  sourcePort: [17, u16],
  destinationPort: [18, u16],
  userId: [19, u32],
  source: [20, address],
  destination: [21, address],
  flags: [22, u8],
  tos: [23, u8],
  prespecified: [24, addresses],
  icmpChecksum: [25, u16],
  pseudoMtu: [26, u16],
  timeout: [27, u8],
  waitMicros: [28, u32],
  tcpAck: [29, u32],
  longFlags: [30, u32],
  tcpSequence: [31, u32],
  router: [32, address],
});
const REPLY = fieldTable({
  flags: [2, u8],
  ttl: [3, u8],
  size: [4, u16],
  icmp: [5, u16],
  rttMicros: [6, u32],
  probeId: [7, u16],
  ipId: [8, u16],
  probeIpId: [9, u16],
  protocol: [10, u8],
  tcpFlags: [11, u8],
  from: [12, address],
  recordRoute: [13, addresses],
  timestamps: [14, timestamps],
  ipId32: [15, u32],
  sentAt: [16, timeval],
  icmpTimestamps: [17, icmpTimestamps],
});

const pingFields = new FieldCodec(PING);
const replyFields = new FieldCodec(REPLY);

/** Bits of `flags` in {@link WartsPing}; bits above 0xff are in `longFlags`. */
export const PING_FLAGS = {
  v4rr: 1,
  spoof: 2,
  payload: 4,
  tsonly: 8,
  tsandaddr: 16,
  icmpsum: 32,
  dl: 64,
  tbt: 128,
  nosrc: 256,
} as const;

/** A reply to a ping. `rttMicros` is in microseconds; `icmp` holds the ICMP type (high byte) and code (low byte). */
export type WartsPingReply = FieldsOf<typeof REPLY>;

/**
 * A ping with its replies (`scamper_ping_warts.c` of 20211212). scamper omits fields that have their default value. `wait` and `timeout` are in
 * seconds; `icmpChecksum` and `payload` are as sent.
 */
export interface WartsPing extends FieldsOf<Omit<typeof PING, 'payloadAnnounced'>> {
  readonly type: 'ping';
  readonly replies: readonly WartsPingReply[];
}

export function readPing(reader: RecordReader): WartsPing {
  const { payloadAnnounced: _, ...fields } = pingFields.read(reader);
  const count = reader.isAtEnd ? 0 : reader.u16();
  return { type: 'ping', ...fields, replies: reader.list(count, () => replyFields.read(reader)) };
}

export function writePing(writer: RecordWriter, { type: _, replies, ...fields }: WartsPing): void {
  pingFields.write(writer, { ...fields, ...(fields.payload && { payloadAnnounced: true }) });
  writer.u16(replies.length);
  for (const reply of replies) replyFields.write(writer, reply);
}
