import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type AuditRecord, CAUSE_TYPES, PROBE_KINDS, TECHNIQUES } from './audit-record.ts';

/**
 * A block holds up to {@link MOST_RECORDS} records, sorted by target and time, column by column: version, count, base time, two
 * dictionaries (hosts; batch, user and key), then one column after the other. Marks, which are random, have 4 bytes; all other
 * numbers are unsigned LEB128 (DWARF standard, section 7.6), targets and ids as differences. The whole is compressed by Zstandard (RFC 8878).
 */
const VERSION = 1;
/** A query for one target decodes whole blocks, so a block is small. */
export const MOST_RECORDS = 1_024;
const MOST_BYTES = MOST_RECORDS * 100;
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } };

/** A stored block that is damaged. */
export class AuditBlockError extends Error {
  constructor(reason: string) {
    super(`an audit block is damaged: ${reason}`);
    this.name = 'AuditBlockError';
  }
}

/** Orders records the way blocks store them. */
export const byTargetAndTime = (a: AuditRecord, b: AuditRecord): number => a.target - b.target || a.at - b.at;

/** Encodes 1 to {@link MOST_RECORDS} records that are sorted by {@link byTargetAndTime}. */
export function encodeBlock(records: readonly AuditRecord[]): Buffer {
  const base = Math.min(...records.map(({ at }) => at));
  const writer = new NumberWriter();
  writer.push(VERSION);
  writer.push(records.length);
  writer.push(base);
  const hosts = dictionaryOf(records.flatMap(({ sender, claimedSource }) => [sender, claimedSource ?? 0]));
  const requests = dictionaryOf(records.map(requestOf));
  writer.push(hosts.size);
  for (const host of hosts.keys()) writer.push(host);
  writer.push(requests.size);
  for (const request of requests.keys()) for (const id of request.split(' ')) writer.push(Number(id));
  let target = 0;
  for (const record of records) {
    writer.push(record.target - target);
    target = record.target;
  }
  for (const { at } of records) writer.push(at - base);
  for (const { kind, cause } of records) writer.push(PROBE_KINDS.indexOf(kind) * 16 + CAUSE_TYPES.indexOf(cause));
  for (const { technique } of records) writer.push(TECHNIQUES.indexOf(technique));
  for (const { packets } of records) writer.push(packets);
  for (const { sender } of records) writer.push(hosts.get(sender) ?? 0);
  for (const { claimedSource } of records) writer.push(hosts.get(claimedSource ?? 0) ?? 0);
  for (const record of records) writer.push(requests.get(requestOf(record)) ?? 0);
  let before = 0;
  for (const { causeId } of records) {
    writer.push(zigzag(causeId - before));
    before = causeId;
  }
  for (const { mark, claimedSource } of records) if (claimedSource !== undefined) writer.pushWord(mark);
  return zstdCompressSync(writer.bytes(), COMPRESSION);
}

/** Whether a record may be wanted, by the parts that most questions name. */
export type Candidate = (at: number, target: number, causeId: number, batchId: number) => boolean;

/** Decodes the records of a block that are candidates. Default: all. @throws {AuditBlockError} */
export function decodeBlock(data: Uint8Array, isCandidate: Candidate = () => true): AuditRecord[] {
  const reader = new NumberReader(decompress(data));
  if (reader.next() !== VERSION) throw new AuditBlockError('its version is unknown');
  const count = reader.below(MOST_RECORDS + 1);
  const base = reader.next();
  const hosts = reader.many(reader.below(2 * MOST_RECORDS + 1));
  const requests = Array.from({ length: reader.below(MOST_RECORDS + 1) }, () => reader.many(3));
  const targets = accumulate(reader.many(count));
  const times = reader.many(count);
  const kinds = reader.many(count);
  const techniques = reader.many(count);
  const packets = reader.many(count);
  const senders = reader.many(count);
  const claimed = reader.many(count);
  const requestOfRecord = reader.many(count);
  const causeIds = accumulate(reader.many(count).map(unzigzag));
  const records: AuditRecord[] = [];
  for (const [i, target] of targets.entries()) {
    const [batchId, userId, keyId] = itemOf(requests, requestOfRecord[i]);
    const claimedSource = itemOf(hosts, claimed[i]) || undefined;
    const mark = claimedSource === undefined ? 0 : reader.nextWord();
    if (!isCandidate(base + times[i], target, causeIds[i], batchId)) continue;
    records.push({
      at: base + times[i],
      kind: itemOf(PROBE_KINDS, kinds[i] >> 4),
      packets: packets[i],
      sender: itemOf(hosts, senders[i]),
      target,
      claimedSource,
      mark,
      cause: itemOf(CAUSE_TYPES, kinds[i] & 15),
      technique: itemOf(TECHNIQUES, techniques[i]),
      causeId: causeIds[i],
      batchId,
      userId,
      keyId,
    });
  }
  if (!reader.isAtEnd) throw new AuditBlockError('bytes are left over');
  return records;
}

const requestOf = ({ batchId, userId, keyId }: AuditRecord): string => `${batchId} ${userId} ${keyId}`;

/** Each different value with its place in the order of first appearance. */
function dictionaryOf<T>(values: readonly T[]): Map<T, number> {
  const places = new Map<T, number>();
  for (const value of values) if (!places.has(value)) places.set(value, places.size);
  return places;
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function accumulate(deltas: readonly number[]): number[] {
  let sum = 0;
  return deltas.map((delta) => {
    sum += delta;
    return sum;
  });
}

function itemOf<T>(items: readonly T[], place: number): T {
  if (place >= items.length) throw new AuditBlockError('a dictionary lacks an entry');
  return items[place];
}

function decompress(data: Uint8Array): Uint8Array {
  try {
    return zstdDecompressSync(data, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw new AuditBlockError(error instanceof Error ? error.message : String(error));
  }
}

/** Encoding is synchronous, so that all blocks share one buffer. */
const scratch = new Uint8Array(MOST_BYTES);

class NumberWriter {
  #length = 0;

  push(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      scratch[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    scratch[this.#length++] = rest;
  }

  /** 32 bits, the lowest byte first. */
  pushWord(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) scratch[this.#length++] = (value >>> shift) & 0xff;
  }

  bytes(): Uint8Array {
    return scratch.subarray(0, this.#length);
  }
}

class NumberReader {
  readonly #bytes: Uint8Array;
  #place = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#place === this.#bytes.length;
  }

  next(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#place++];
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; this.#place < bytes.length; scale *= 0x80) {
      const byte = bytes[this.#place++];
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new AuditBlockError('a number is too large');
      if (byte < 0x80) return value;
    }
    throw new AuditBlockError('it is cut off');
  }

  nextWord(): number {
    const bytes = this.#bytes;
    const place = this.#place;
    this.#place += 4;
    if (this.#place > bytes.length) throw new AuditBlockError('it is cut off');
    return (bytes[place] | (bytes[place + 1] << 8) | (bytes[place + 2] << 16) | (bytes[place + 3] << 24)) >>> 0;
  }

  below(bound: number): number {
    const value = this.next();
    if (value >= bound) throw new AuditBlockError('a count is too large');
    return value;
  }

  many(count: number): number[] {
    const numbers = new Array<number>(count);
    for (let i = 0; i < count; i++) numbers[i] = this.next();
    return numbers;
  }
}
