import { crc32, zstdCompressSync } from 'node:zlib';
import { ByteWriter, type ColumnSource, type KeyValue, ParquetWriter } from 'hyparquet-writer';
import { COLD_COLUMNS, type ColdRow } from './cold-row.ts';
import { type ColdGroup, formatGroups, GROUPS_KEY } from './groups.ts';

/** Version of the columns. It changes whenever one is renamed, removed, or gets another meaning. */
const FORMAT_VERSION = '1';

/** Writes a file of cold results piece by piece: what stays in memory until the end is the description of the groups. */
export class ColdEncoder {
  readonly #bytes = new ByteWriter();
  readonly #metadata: KeyValue[] = [{ key: 'revtr.cold_version', value: FORMAT_VERSION }];
  readonly #groups: ColdGroup[] = [];
  readonly #file = new ParquetWriter({
    writer: this.#bytes,
    schema: [
      { name: 'schema', num_children: COLD_COLUMNS.length },
      ...COLD_COLUMNS.flatMap(({ elements }) => elements),
    ],
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    kvMetadata: this.#metadata,
    createdBy: 'revtr',
  });
  #at = 0;

  /** Encodes rows, ascending by id, as one group, and returns what is to be written next. */
  group(rows: readonly [ColdRow, ...ColdRow[]]): Uint8Array {
    this.#file.write({ columnData: COLD_COLUMNS.map((column) => toSource(column, rows)), rowGroupSize: rows.length });
    const start = this.#at;
    const bytes = this.#taken();
    this.#groups.push({
      ...{ start, end: this.#at, crc32: crc32(bytes), rows: rows.length },
      ...{ first: rows[0].measurement, last: (rows.at(-1) ?? rows[0]).measurement },
    });
    return bytes;
  }

  /** Ends the file, and returns the rest of it: the footer. */
  end(): Uint8Array {
    this.#metadata.push({ key: GROUPS_KEY, value: formatGroups(this.#groups) });
    this.#file.finish();
    return this.#taken();
  }

  /** Takes the bytes that are ready; their count goes on, because the file refers to its parts by their offsets. */
  #taken(): Uint8Array {
    const taken = new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index).slice();
    this.#bytes.index = 0;
    this.#at += taken.length;
    return taken;
  }
}

const toSource = (column: (typeof COLD_COLUMNS)[number], rows: readonly ColdRow[]): ColumnSource => ({
  name: column.name,
  data: rows.map(column.toParquet),
  statistics: column.isOrdered === true,
  bloomFilter: column.isSearched === true,
  offsetIndex: false,
  // A dictionary of records would have each of them once.
  ...(column.name === 'record' && { encoding: 'PLAIN' }),
});
