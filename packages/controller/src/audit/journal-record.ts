import { type AuditRecord, CAUSE_TYPES, PROBE_KINDS, TECHNIQUES } from './audit-record.ts';

/** Bytes of a record in the journal. All records have the same length: writing is cheap, and a file that was cut off can be read. */
export const RECORD_BYTES = 60;

/** Writes a record at a place of a buffer. Numbers are big-endian; times and ids are doubles, exact up to 2^53. */
export function writeRecord(record: AuditRecord, buffer: Buffer, at: number): void {
  buffer.writeDoubleBE(record.at, at);
  buffer.writeUInt8(PROBE_KINDS.indexOf(record.kind), at + 8);
  buffer.writeUInt8(CAUSE_TYPES.indexOf(record.cause), at + 9);
  buffer.writeUInt8(TECHNIQUES.indexOf(record.technique), at + 10);
  buffer.writeUInt8(MAGIC, at + 11);
  buffer.writeUInt32BE(record.sender, at + 12);
  buffer.writeUInt32BE(record.target, at + 16);
  buffer.writeUInt32BE(record.claimedSource ?? 0, at + 20);
  buffer.writeUInt32BE(record.mark, at + 24);
  buffer.writeDoubleBE(record.causeId, at + 28);
  buffer.writeDoubleBE(record.batchId, at + 36);
  buffer.writeDoubleBE(record.userId, at + 44);
  buffer.writeUInt32BE(record.keyId, at + 52);
  buffer.writeUInt32BE(record.packets, at + 56);
}

/** Reads the records of a journal file. A record that was cut off or makes no sense is left out. */
export function readRecords(file: Buffer): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let at = 0; at + RECORD_BYTES <= file.length; at += RECORD_BYTES) {
    const record = readRecord(file, at);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Tells a record from a gap of zeros, which a file system may leave after a power failure. */
const MAGIC = 0xa7;

function readRecord(file: Buffer, at: number): AuditRecord | undefined {
  const kind = PROBE_KINDS.at(file.readUInt8(at + 8));
  const cause = CAUSE_TYPES.at(file.readUInt8(at + 9));
  const technique = TECHNIQUES.at(file.readUInt8(at + 10));
  const [time, causeId, batchId, userId] = [0, 28, 36, 44].map((place) => file.readDoubleBE(at + place));
  const areWhole = [time, causeId, batchId, userId].every((value) => Number.isSafeInteger(value) && value >= 0);
  const isRecord = areWhole && file.readUInt8(at + 11) === MAGIC;
  if (kind === undefined || cause === undefined || technique === undefined || !isRecord) return undefined;
  return {
    at: time,
    kind,
    cause,
    technique,
    packets: file.readUInt32BE(at + 56),
    sender: file.readUInt32BE(at + 12),
    target: file.readUInt32BE(at + 16),
    claimedSource: file.readUInt32BE(at + 20) || undefined,
    mark: file.readUInt32BE(at + 24),
    causeId,
    batchId,
    userId,
    keyId: file.readUInt32BE(at + 52),
  };
}
