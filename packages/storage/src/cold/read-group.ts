import { crc32, zstdDecompressSync } from 'node:zlib';
import { type Awaitable, parquetReadObjects } from 'hyparquet';
import type { ColdFooter } from './cold-footer.ts';
import type { ColdRow } from './cold-row.ts';

// Users may submit text that begins with U+FEFF. By default, a decoder takes that for a mark of the encoding, and leaves it out.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes the rows of a group from its bytes. Throws when they are damaged. */
export async function readGroup(
  { metadata }: Pick<ColdFooter, 'metadata'>,
  group: ColdFooter['groups'][number],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ColdRow[]> {
  if (bytes.length !== group.end - group.start || crc32(bytes) !== group.crc32)
    throw new Error('the checksum of a group differs');
  const rows = await parquetReadObjects({
    file: {
      byteLength: group.end,
      slice: (start: number, end: number = group.end): Awaitable<ArrayBuffer> =>
        bytes.slice(start - group.start, end - group.start).buffer,
    },
    metadata: { ...metadata, num_rows: BigInt(group.rows), row_groups: [group.columns] },
    compressors: { ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }) },
    // Bytes that are no text must not be read as text.
    utf8: false,
    parsers: { stringFromBytes: (bytes) => decoder.decode(bytes) },
  });
  if (rows.length !== group.rows) throw new Error('a group has another number of rows');
  return rows.map(toRow);
}

function toRow(row: Readonly<Record<string, unknown>>): ColdRow {
  const read = new RowValues(row);
  return {
    measurement: read.integer('measurement'),
    batch: read.integer('batch'),
    user_id: read.integer('user_id'),
    source: read.text('source'),
    destination: read.text('destination'),
    label: read.text('label'),
    created_at: read.time('created_at'),
    ended_at: read.time('ended_at'),
    stop_reason: read.text('stop_reason'),
    networks: read.integers('networks'),
    options: read.isNull('options') ? null : read.text('options'),
    forward_traceroute: read.isNull('forward_traceroute') ? null : read.integer('forward_traceroute'),
    record: read.bytes('record'),
  };
}

/** Reads values of a row, and throws when one is not of the type of its column. */
class RowValues {
  readonly #row: Readonly<Record<string, unknown>>;

  constructor(row: Readonly<Record<string, unknown>>) {
    this.#row = row;
  }

  isNull(column: keyof ColdRow): boolean {
    return this.#row[column] === null || this.#row[column] === undefined;
  }

  integer(column: keyof ColdRow): number {
    return toInteger(this.#row[column], column);
  }

  integers(column: keyof ColdRow): number[] {
    const value = this.#row[column];
    if (!Array.isArray(value)) throw bad(column);
    return value.map((each) => toInteger(each, column));
  }

  text(column: keyof ColdRow): string {
    const value = this.#row[column];
    if (typeof value !== 'string') throw bad(column);
    return value;
  }

  time(column: keyof ColdRow): Date {
    const value = this.#row[column];
    if (!(value instanceof Date)) throw bad(column);
    return value;
  }

  bytes(column: keyof ColdRow): Uint8Array {
    const value = this.#row[column];
    if (!(value instanceof Uint8Array)) throw bad(column);
    return value;
  }
}

function toInteger(value: unknown, column: keyof ColdRow): number {
  const number = Number(value);
  if (typeof value !== 'bigint' || !Number.isSafeInteger(number)) throw bad(column);
  return number;
}

const bad = (column: keyof ColdRow): Error => new Error(`a value of ${column} has another type`);
