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

/** A record of a type that this codec does not decode. `number` is its type in the file. */
export interface WartsOther {
  readonly type: 'other';
  readonly number: number;
  readonly body: Uint8Array;
}

/** A record of a warts file. */
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
/** scamper writes no record of this size: a greater length means that the file is damaged. */
const MAX_BODY_BYTES = 64 * 2 ** 20;
const TYPE = { list: 1, cycleStart: 2, cycleDefinition: 3, cycleStop: 4, trace: 6, ping: 7, sniff: 13 } as const;

/**
 * Decodes a stream of warts, scamper's binary file format (`warts(5)` of scamper; sources `scamper_file_warts.c` of 20211212), from chunks of any
 * size. It returns each record as soon as its last byte has arrived, and buffers at most one record (64 MiB).
 */
export class WartsDecoder {
  #chunks: Uint8Array[] = [];
  /** Bytes in `#chunks`. */
  #pending = 0;
  /** Bytes that the next record needs before anything can be decoded. */
  #needed = HEADER_LENGTH;
  /** Position of the next record in the stream. */
  #offset = 0;

  /** @throws {ScamperError} `badWarts` or `truncatedWarts`, with the offset of the record */
  push(chunk: Uint8Array): WartsRecord[] {
    if (chunk.length === 0) return [];
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
    if (this.#pending < this.#needed) return [];
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const records: WartsRecord[] = [];
    let at = 0;
    for (;;) {
      const length = recordLength(bytes, at, this.#offset);
      this.#needed = length ?? HEADER_LENGTH;
      if (length === undefined || bytes.length - at < length) break;
      records.push(readRecord(bytes, at, length, this.#offset));
      at += length;
      this.#offset += length;
    }
    // A copy, because the caller may reuse the memory of its chunk.
    const rest = bytes.slice(at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#pending = rest.length;
    return records;
  }

  /** Declares the end of the stream. @throws {ScamperError} `truncatedWarts` when the stream ends inside a record */
  end(): void {
    if (this.#pending === 0) return;
    const offset = this.#offset;
    throw new ScamperError('truncatedWarts', `the file ends inside the warts record at byte ${offset}`, { offset });
  }
}

/** Length of the record at index `at` with its header; `undefined` while the header is incomplete. */
function recordLength(bytes: Uint8Array, at: number, offset: number): number | undefined {
  if (bytes.length - at < HEADER_LENGTH) return undefined;
  const header = new RecordReader(bytes, at, at + HEADER_LENGTH, offset);
  const magic = header.u16();
  header.u16();
  const length = header.u32();
  if (magic !== MAGIC) throw new ScamperError('badWarts', `there is no warts record at byte ${offset}`, { offset });
  if (length > MAX_BODY_BYTES) throw header.bad(`declares a length of ${length} bytes`);
  return HEADER_LENGTH + length;
}

/**
 * Encodes one record with its header, byte for byte as scamper writes it.
 * @throws {ScamperError} `badAddress` when an address is not IPv4, IPv6, Ethernet or FireWire
 */
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

function readRecord(bytes: Uint8Array, start: number, length: number, offset: number): WartsRecord {
  const type = (bytes[start + 2] << 8) | bytes[start + 3];
  const reader = new RecordReader(bytes, start + HEADER_LENGTH, start + length, offset);
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
      return { type: 'other', number: type, body: reader.bytes(length - HEADER_LENGTH) };
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
