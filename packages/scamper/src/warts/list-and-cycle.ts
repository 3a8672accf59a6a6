import { FieldCodec, type FieldsOf, fieldTable, text, u32 } from './fields.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

const LIST = fieldTable({ description: [1, text], monitor: [2, text] });
const CYCLE = fieldTable({ stopTime: [1, u32], hostname: [2, text] });
const listFields = new FieldCodec(LIST);
const cycleFields = new FieldCodec(CYCLE);

/** A named list of targets. */
export interface WartsList extends FieldsOf<typeof LIST> {
  readonly type: 'list';
  /** Number of the list in this file. */
  readonly id: number;
  /** Number that the user gave to the list. */
  readonly listId: number;
  readonly name: string;
}

/** The start of a pass over a list. A `cycleDefinition` repeats an earlier start, for example at the head of a split file. */
export interface WartsCycleStart extends FieldsOf<typeof CYCLE> {
  readonly type: 'cycleStart' | 'cycleDefinition';
  readonly id: number;
  readonly listId: number;
  readonly cycleId: number;
  /** Seconds since the Unix epoch. */
  readonly startTime: number;
}

/** The end of a pass over a list. */
export interface WartsCycleStop {
  readonly type: 'cycleStop';
  readonly id: number;
  /** Seconds since the Unix epoch. */
  readonly stopTime: number;
}

export function readList(reader: RecordReader): WartsList {
  return { type: 'list', id: reader.u32(), listId: reader.u32(), name: reader.text(), ...listFields.read(reader) };
}

export function writeList(writer: RecordWriter, list: WartsList): void {
  writer.u32(list.id);
  writer.u32(list.listId);
  writer.text(list.name);
  listFields.write(writer, list);
}

export function readCycleStart(reader: RecordReader, type: WartsCycleStart['type']): WartsCycleStart {
  const [id, listId, cycleId, startTime] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  return { type, id, listId, cycleId, startTime, ...cycleFields.read(reader) };
}

export function writeCycleStart(writer: RecordWriter, cycle: WartsCycleStart): void {
  for (const number of [cycle.id, cycle.listId, cycle.cycleId, cycle.startTime]) writer.u32(number);
  cycleFields.write(writer, cycle);
}

export function readCycleStop(reader: RecordReader): WartsCycleStop {
  return { type: 'cycleStop', id: reader.u32(), stopTime: reader.u32() };
}

export function writeCycleStop(writer: RecordWriter, { id, stopTime }: WartsCycleStop): void {
  writer.u32(id);
  writer.u32(stopTime);
  writer.u8(0);
}
