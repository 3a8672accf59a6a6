import type { MplsLabel } from '@revtr/net';
import { address, FieldCodec, type FieldsOf, type FieldType, fieldTable, timeval, u8, u16, u32 } from './fields.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

/** An object of an ICMP extension (RFC 4884, section 7). */
export interface WartsIcmpExtension {
  readonly classNumber: number;
  readonly classType: number;
  readonly data: Uint8Array;
}

const extensions: FieldType<readonly WartsIcmpExtension[]> = {
  read: (reader) => {
    const end = reader.u16() + reader.position;
    const objects: WartsIcmpExtension[] = [];
    while (reader.position < end) {
      const length = reader.u16();
      objects.push({ classNumber: reader.u8(), classType: reader.u8(), data: reader.bytes(length) });
    }
    if (reader.position !== end) throw reader.bad('has an ICMP extension whose length does not match its objects');
    return objects;
  },
  write: (writer, objects) => {
    writer.u16(objects.reduce((sum, { data }) => sum + 4 + data.length, 0));
    for (const { classNumber, classType, data } of objects) {
      writer.u16(data.length);
      writer.u8(classNumber);
      writer.u8(classType);
      writer.bytes(data);
    }
  },
};

const TRACE = fieldTable({
  listId: [1, u32],
  cycleId: [2, u32],
  start: [5, timeval],
  stopReason: [6, u8],
  stopData: [7, u8],
  flags: [8, u8],
  attempts: [9, u8],
  hopLimit: [10, u8],
  method: [11, u8],
  probeSize: [12, u16],
  sourcePort: [13, u16],
  destinationPort: [14, u16],
  firstHop: [15, u8],
  tos: [16, u8],
  wait: [17, u8],
  loops: [18, u8],
  hopCount: [19, u16],
  gapLimit: [20, u8],
  gapAction: [21, u8],
  loopAction: [22, u8],
  probesSent: [23, u16],
  waitProbe: [24, u8],
  confidence: [25, u8],
  source: [26, address],
  destination: [27, address],
  userId: [28, u32],
  offset: [29, u16],
  router: [30, address],
});

const HOP = fieldTable({
  probeTtl: [2, u8],
  replyTtl: [3, u8],
  flags: [4, u8],
  probeId: [5, u8],
  rttMicros: [6, u32],
  icmp: [7, u16],
  probeSize: [8, u16],
  replySize: [9, u16],
  ipId: [10, u16],
  tos: [11, u8],
  nextHopMtu: [12, u16],
  quotedLength: [13, u16],
  quotedTtl: [14, u8],
  tcpFlags: [15, u8],
  quotedTos: [16, u8],
  extensions: [17, extensions],
  from: [18, address],
  sentAt: [19, timeval],
});

const traceFields = new FieldCodec(TRACE);
const hopFields = new FieldCodec(HOP);

/**
 * A reply to a traceroute probe. `rttMicros` is in microseconds; `icmp` holds the ICMP type (high byte) and code (low byte); `probeId` counts attempts
 * from 0.
 */
export type WartsHop = FieldsOf<typeof HOP>;

/**
 * A traceroute with its replies (`scamper_trace_warts.c` of 20211212). scamper omits fields that have their default value. `wait` is in seconds,
 * `waitProbe` in hundredths of a second.
 */
export interface WartsTrace extends FieldsOf<typeof TRACE> {
  readonly type: 'trace';
  readonly hops: readonly WartsHop[];
}

/** Ends the optional parts after the hops: path MTU discovery, last-ditch probes, doubletree. */
const END_OF_TRACE = 0;

export function readTrace(reader: RecordReader): WartsTrace {
  const fields = traceFields.read(reader);
  const count = reader.isAtEnd ? 0 : reader.u16();
  return { type: 'trace', ...fields, hops: reader.list(count, () => hopFields.read(reader)) };
}

export function writeTrace(writer: RecordWriter, { type: _, hops, ...fields }: WartsTrace): void {
  traceFields.write(writer, fields);
  writer.u16(hops.length);
  for (const hop of hops) hopFields.write(writer, hop);
  writer.u16(END_OF_TRACE);
}

/** The MPLS label stack in the extensions of a hop (RFC 4950), top label first; empty when there is none. */
export function mplsLabelsOf({ extensions: objects = [] }: WartsHop): MplsLabel[] {
  const stack =
    objects.find(({ classNumber, classType }) => classNumber === 1 && classType === 1)?.data ?? new Uint8Array();
  return Array.from({ length: stack.length >>> 2 }, (_, i) => {
    const [a, b, c, ttl] = stack.subarray(4 * i, 4 * i + 4);
    const bottomOfStack = (c & 1) === 1;
    return { label: (a << 12) | (b << 4) | (c >>> 4), trafficClass: (c >>> 1) & 7, bottomOfStack, ttl };
  });
}
