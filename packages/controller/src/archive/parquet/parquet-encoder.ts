import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import { SCHEMA_VERSION } from '../schema/archive-fields.ts';
import type { Field, RowOf } from '../schema/field.ts';
import { toParquetSchema } from '../schema/parquet.ts';
import { ParquetFooter } from './footer.ts';

export interface ParquetEncoderOptions<Fields extends readonly Field[]> {
  readonly fields: Fields;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Writes a Parquet file (https://parquet.apache.org/docs/file-format/) piece by piece: each group of rows is encoded, compressed with Zstandard
 * and handed out at once. What stays in memory until the end is the description of the groups, a few kilobytes for each.
 */
export class ParquetEncoder<Fields extends readonly Field[]> {
  readonly #fields: Fields;
  readonly #bytes = new ByteWriter();
  readonly #file: ParquetWriter;
  readonly #footer: ParquetFooter;

  constructor({ fields }: ParquetEncoderOptions<Fields>) {
    this.#fields = fields;
    const schema = toParquetSchema(fields);
    this.#file = new ParquetWriter({
      writer: this.#bytes,
      schema,
      codec: 'ZSTD',
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
    });
    this.#footer = new ParquetFooter({
      schema,
      key_value_metadata: [{ key: 'revtr.schema_version', value: String(SCHEMA_VERSION) }],
      created_by: 'revtr',
    });
  }

  /** Encodes rows as one group, and returns what is to be written next. */
  group(rows: readonly RowOf<Fields>[]): Uint8Array {
    if (rows.length > 0) {
      const columnData = this.#fields.map((field) => toColumn(field, rows));
      // A group is one page in each column: there is no index of pages to be written at the end.
      this.#file.write({ columnData, rowGroupSize: rows.length, pageSize: 0 });
      for (const group of this.#file.row_groups.splice(0)) this.#footer.add(group);
      this.#file.pendingIndexes.length = 0;
    }
    return this.#taken();
  }

  /** Ends the file, and returns the rest of it. */
  end(): Uint8Array {
    return Buffer.concat([this.#taken(), this.#footer.end()]);
  }

  /** Takes the bytes that are ready; their count goes on, because the file refers to its parts by their offsets. */
  #taken(): Uint8Array {
    const taken = new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index).slice();
    this.#bytes.index = 0;
    return taken;
  }
}

const toColumn = (field: Field, rows: readonly Row[]): ColumnSource => ({
  name: field.name,
  data: rows.map((row) => toParquet(field, row[field.name])),
});

/** A value as the writer wants it: 64-bit integers are `bigint`. */
function toParquet(field: Field, value: unknown): unknown {
  if (field.mode === 'repeated' && Array.isArray(value)) return value.map((each) => toSingle(field, each));
  return toSingle(field, value);
}

function toSingle(field: Field, value: unknown): unknown {
  if (field.type === 'record') return toGroup(field.fields, Object(value));
  return field.type === 'integer' && typeof value === 'number' ? BigInt(value) : value;
}

function toGroup(fields: readonly Field[], value: Row): Row {
  const group: Record<string, unknown> = {};
  for (const field of fields) group[field.name] = toParquet(field, value[field.name]);
  return group;
}
