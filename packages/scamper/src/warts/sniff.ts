import {
  address,
  FieldCodec,
  type FieldsOf,
  type FieldType,
  fieldTable,
  type Timeval,
  timeval,
  u8,
  u16,
  u32,
} from './fields.ts';
import type { RecordReader } from './record-reader.ts';

const packetBytes: FieldType<Uint8Array> = {
  read: (reader) => reader.bytes(reader.u16()),
  write: (writer, value) => {
    writer.u16(value.length);
    writer.bytes(value);
  },
};

const SNIFF = fieldTable({
  listId: [1, u32],
  cycleId: [2, u32],
  userId: [3, u32],
  source: [4, address],
  start: [5, timeval],
  finish: [6, timeval],
  stopReason: [7, u8],
  packetLimit: [8, u32],
  timeLimit: [9, u16],
});
const PACKET = fieldTable({ at: [1, timeval], bytes: [2, packetBytes] });

const sniffFields = new FieldCodec(SNIFF);
const packetFields = new FieldCodec(PACKET);

/** Packets that scamper caught, from their IP header on (scamper_sniff_warts.c of 20211212). */
export interface WartsSniff extends FieldsOf<typeof SNIFF> {
  readonly type: 'sniff';
  readonly packets: readonly { readonly at?: Timeval; readonly bytes?: Uint8Array }[];
}

export function readSniff(reader: RecordReader): WartsSniff {
  const fields = sniffFields.read(reader);
  const count = reader.isAtEnd ? 0 : reader.u32();
  return { type: 'sniff', ...fields, packets: Array.from({ length: count }, () => packetFields.read(reader)) };
}
