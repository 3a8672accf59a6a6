import { ScamperError } from '../errors.ts';
import {
  readCycleStart,
  readCycleStop,
  readList,
  type WartsCycleStart,
  type WartsCycleStop,
  type WartsList,
  writeCycleStart,
  writeCycleStop,
  writeList,
} from './list-and-cycle.ts';
import { readPing, type WartsPing, writePing } from './ping.ts';
import { RecordReader } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';
import { readSniff, type WartsSniff } from './sniff.ts';
import { readTrace, type WartsTrace, writeTrace } from './trace.ts';

/** A record of a kind that this codec does not read. */
export interface WartsOther {
  readonly type: 'other';
  readonly number: number;
  readonly body: Uint8Array;
}

export type WartsRecord =
  | WartsList
  | WartsCycleStart
  | WartsCycleStop
  | WartsPing
  | WartsTrace
  | WartsSniff
  | WartsOther;
/** Records that can be written. */
export type WritableRecord = Exclude<WartsRecord, WartsSniff>;

const MAGIC = 0x1205;
const HEADER_LENGTH = 8;
/** Larger records do not exist: a length beyond this is damage. */
const MOST_BODY_BYTES = 64 * 2 ** 20;
const TYPE = { list: 1, cycleStart: 2, cycleDefinition: 3, cycleStop: 4, trace: 6, ping: 7, sniff: 13 } as const;

/** Reads warts from chunks of any size, and gives each record as soon as it is whole. */
export class WartsDecoder {
  #pending: Uint8Array = new Uint8Array();
  #consumed = 0;

  /** @throws {ScamperError} `badWarts` or `truncatedWarts` with the offset of the record */
  push(chunk: Uint8Array): WartsRecord[] {
    const bytes = this.#pending.length === 0 ? chunk : concat(this.#pending, chunk);
    const records: WartsRecord[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_LENGTH) {
      const header = new RecordReader(bytes, at, at + HEADER_LENGTH);
      const [magic, type, length] = [header.u16(), header.u16(), header.u32()];
      const offset = this.#consumed + at;
      if (magic !== MAGIC) throw new ScamperError('badWarts', `no record begins at byte ${offset}`, { offset });
      if (length > MOST_BODY_BYTES)
        throw new ScamperError('badWarts', `the record at byte ${offset} is ${length} bytes long`, { offset });
      if (bytes.length - at - HEADER_LENGTH < length) break;
      records.push(readRecord(bytes, at + HEADER_LENGTH, length, type));
      at += HEADER_LENGTH + length;
    }
    this.#consumed += at;
    this.#pending = at === bytes.length ? new Uint8Array() : bytes.slice(at);
    return records;
  }

  /** Says that nothing more will come. @throws {ScamperError} `truncatedWarts` when a record is incomplete */
  end(): void {
    if (this.#pending.length === 0) return;
    const offset = this.#consumed;
    throw new ScamperError('truncatedWarts', `the file ends inside the record at byte ${offset}`, { offset });
  }
}

/** Writes one record with its header. */
export function encodeWarts(record: WritableRecord): Uint8Array {
  const writer = new RecordWriter();
  const number = writeBody(writer, record);
  const body = writer.finish();
  const header = new RecordWriter();
  header.u16(MAGIC);
  header.u16(number);
  header.u32(body.length);
  header.bytes(body);
  return header.finish();
}

function readRecord(bytes: Uint8Array, start: number, length: number, type: number): WartsRecord {
  const reader = new RecordReader(bytes, start, start + length);
  switch (type) {
    case TYPE.list:
      return readList(reader);
    case TYPE.cycleStart:
      return readCycleStart(reader, 'cycleStart');
    case TYPE.cycleDefinition:
      return readCycleStart(reader, 'cycleDefinition');
    case TYPE.cycleStop:
      return readCycleStop(reader);
    case TYPE.trace:
      return readTrace(reader);
    case TYPE.ping:
      return readPing(reader);
    case TYPE.sniff:
      return readSniff(reader);
    default:
      return { type: 'other', number: type, body: reader.bytes(length) };
  }
}

function writeBody(writer: RecordWriter, record: WritableRecord): number {
  switch (record.type) {
    case 'list':
      writeList(writer, record);
      return TYPE.list;
    case 'cycleStart':
    case 'cycleDefinition':
      writeCycleStart(writer, record);
      return TYPE[record.type];
    case 'cycleStop':
      writeCycleStop(writer, record);
      return TYPE.cycleStop;
    case 'trace':
      writeTrace(writer, record);
      return TYPE.trace;
    case 'ping':
      writePing(writer, record);
      return TYPE.ping;
    case 'other':
      writer.bytes(record.body);
      return record.number;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
