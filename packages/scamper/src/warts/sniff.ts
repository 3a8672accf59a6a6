import {
  address,
  announced,
  FieldCodec,
  type FieldsOf,
  fieldTable,
  sizedBytes,
  type Timeval,
  timeval,
  u8,
  u16,
  u32,
} from './fields.ts';
import type { RecordReader } from './record-reader.ts';

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
  packetCount: [10, u32],
  identifier: [11, u16],
});
const PACKET = fieldTable({ at: [1, timeval], bytes: [2, sizedBytes], announced: [3, announced] });

const sniffFields = new FieldCodec(SNIFF);
const packetFields = new FieldCodec(PACKET);

/**
 * The packets that a `sniff` command captured, each from its IP header on (`scamper_sniff_warts.c` of 20211212). `timeLimit` is in seconds.
 */
export interface WartsSniff extends FieldsOf<typeof SNIFF> {
  readonly type: 'sniff';
  readonly packets: readonly { readonly at?: Timeval; readonly bytes?: Uint8Array }[];
}

export function readSniff(reader: RecordReader): WartsSniff {
  const fields = sniffFields.read(reader);
  return {
    type: 'sniff',
    ...fields,
    packets: reader.list(fields.packetCount ?? 0, () => packetFields.read(reader)),
  };
}
