import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

/** Reads and writes one type of value. */
export interface FieldType<T> {
  read(reader: RecordReader): T;
  write(writer: RecordWriter, value: T): void;
}

/** A point in time: seconds and microseconds since the Unix epoch. */
export interface Timeval {
  readonly sec: number;
  readonly usec: number;
}

export const u8: FieldType<number> = { read: (reader) => reader.u8(), write: (writer, value) => writer.u8(value) };
export const u16: FieldType<number> = { read: (reader) => reader.u16(), write: (writer, value) => writer.u16(value) };
export const u32: FieldType<number> = { read: (reader) => reader.u32(), write: (writer, value) => writer.u32(value) };
/** A string that ends with a zero byte. */
export const text: FieldType<string> = {
  read: (reader) => reader.text(),
  write: (writer, value) => writer.text(value),
};
/** An address, written in full once in a record and by its index after that. */
export const address: FieldType<string> = {
  read: (reader) => reader.address(),
  write: (writer, value) => writer.address(value),
};
export const timeval: FieldType<Timeval> = {
  read: (reader) => ({ sec: reader.u32(), usec: reader.u32() }),
  write: (writer, { sec, usec }) => {
    writer.u32(sec);
    writer.u32(usec);
  },
};
/** An 8-bit count, followed by that number of addresses. */
export const addresses: FieldType<readonly string[]> = {
  read: (reader) => reader.list(reader.u8(), () => reader.address()),
  write: (writer, value) => {
    writer.u8(value.length);
    for (const one of value) writer.address(one);
  },
};

/**
 * Bytes with a 16-bit length. scamper declares them as two fields, the length and the data. The first of them reads and writes both,
 * and `announced` stands for the second.
 */
export const sizedBytes: FieldType<Uint8Array> = {
  read: (reader) => reader.bytes(reader.u16()),
  write: (writer, value) => {
    writer.u16(value.length);
    writer.bytes(value);
  },
};
/** A field without content: its flag alone carries the information. */
export const announced: FieldType<true> = { read: () => true, write: () => undefined };

type ValueOf<F> = F extends readonly [number, FieldType<infer T>] ? T : never;
/** The values that the fields of a table have. */
export type FieldsOf<Table> = { readonly [Name in keyof Table]?: ValueOf<Table[Name]> };

/** Declares the optional fields of a record by name, each with its flag number in the file (ascending, from 1) and its type. */
export function fieldTable<Table extends Record<string, readonly [number, { read(reader: RecordReader): unknown }]>>(
  table: Table,
): Table {
  return table;
}

interface Field {
  readonly name: string;
  readonly type: FieldType<unknown>;
}

/** For each 7-bit value, the positions of the bits that are set. */
const BITS_OF = Array.from({ length: 128 }, (_, flags) =>
  [0, 1, 2, 3, 4, 5, 6].filter((bit) => (flags & (1 << bit)) !== 0),
);

/** More flag bytes than any version of scamper writes. */
const MAX_FLAG_BYTES = 32;

/**
 * Reads and writes the optional fields of a record: flag bytes that mark the fields present (seven to a byte, the top bit announces
 * another flag byte), the length of the values in bytes (16 bits), and the values.
 */
export class FieldCodec<Table> {
  readonly #fields: (Field | undefined)[] = [];
  /** Field numbers of the current record. Reusing the array avoids an allocation for each record. */
  readonly #present: number[] = [];

  constructor(table: Table) {
    for (const [name, [number, type]] of Object.entries(table as Record<string, [number, FieldType<unknown>]>)) {
      this.#fields[number] = { name, type };
    }
  }

  /**
   * Reads the fields. A field that the table does not declare, and all that follow it, are skipped: their lengths are unknown.
   * @throws {ScamperError} `badWarts` or `truncatedWarts`
   */
  read(reader: RecordReader): FieldsOf<Table> {
    const present = this.#present;
    let count = 0;
    for (let base = 1, more = true; more; base += 7) {
      if (base > MAX_FLAG_BYTES * 7) throw reader.bad('declares more fields than scamper has');
      const flags = reader.u8();
      const bits = BITS_OF[flags & 0x7f];
      for (let i = 0; i < bits.length; i++) present[count++] = base + bits[i];
      more = (flags & 0x80) !== 0;
    }
    const values: Record<string, unknown> = {};
    if (count === 0) return values as FieldsOf<Table>;
    const length = reader.u16();
    const end = reader.position + length;
    for (let i = 0; i < count; i++) {
      const field = this.#fields[present[i]];
      if (field === undefined) break;
      values[field.name] = field.type.read(reader);
    }
    reader.skipTo(end);
    return values as FieldsOf<Table>;
  }

  write(writer: RecordWriter, values: FieldsOf<Table>): void {
    const given = values as Readonly<Record<string, unknown>>;
    const numbers: number[] = [];
    this.#fields.forEach((field, number) => {
      if (field !== undefined && given[field.name] !== undefined) numbers.push(number);
    });
    const groups = Math.max(1, Math.ceil((numbers[numbers.length - 1] ?? 0) / 7));
    for (let group = 0; group < groups; group++) {
      const bits = numbers
        .filter((number) => Math.floor((number - 1) / 7) === group)
        .reduce((sum, number) => sum | (1 << ((number - 1) % 7)), 0);
      writer.u8(bits | (group + 1 < groups ? 0x80 : 0));
    }
    if (numbers.length === 0) return;
    const lengthAt = writer.length;
    writer.u16(0);
    for (const number of numbers) {
      const field = this.#fields[number];
      field?.type.write(writer, given[field.name]);
    }
    writer.patchU16(lengthAt, writer.length - lengthAt - 2);
  }
}
