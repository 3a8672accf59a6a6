import { ByteWriter, type ParquetWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

type RowGroup = ParquetWriter['row_groups'][number];
type FileMetaData = Parameters<typeof writeMetadata>[1];

const LENGTH_BYTES = 4;
const MAGIC = 0x31_52_41_50;
/** Thrift's compact protocol: the first byte of a list of structs has its size if that is at most 14, and otherwise 15 (thrift-compact-protocol.md). */
const STRUCT = 12;
const LONG_LIST = 15;

/**
 * The footer of a Parquet file (https://parquet.apache.org/docs/file-format/metadata/). Keeps the description of each group of rows as the bytes that it
 * takes in the file: as an object it would take eight times as much memory, and the footer of a long file would take seconds to encode.
 */
export class ParquetFooter {
  readonly #file: Omit<FileMetaData, 'num_rows' | 'row_groups' | 'version' | 'metadata_length'>;
  readonly #groups: Uint8Array[] = [];
  #rows = 0n;
  /** Bytes of the metadata behind the list of groups. */
  #bytesBehind = 0;

  constructor(file: Omit<FileMetaData, 'num_rows' | 'row_groups' | 'version' | 'metadata_length'>) {
    this.#file = file;
  }

  add(group: RowGroup): void {
    // The two differ in the list of groups only, whose first byte has its size.
    const [none, one] = [this.#metadata(group.num_rows, []), this.#metadata(group.num_rows, [group])];
    const list = none.findIndex((byte, i) => byte !== one[i]);
    this.#bytesBehind = none.length - list - 1;
    this.#groups.push(one.slice(list + 1, one.length - this.#bytesBehind));
    this.#rows += group.num_rows;
  }

  /** All bytes that follow the last group. */
  end(): Uint8Array {
    const none = this.#metadata(this.#rows, []);
    const list = none.length - this.#bytesBehind - 1;
    const writer = new ByteWriter();
    if (this.#groups.length === 0) writer.appendBytes(none);
    else {
      const { length } = this.#groups;
      writer.appendBytes(none.subarray(0, list));
      writer.appendUint8((Math.min(length, LONG_LIST) << 4) | STRUCT);
      if (length >= LONG_LIST) writer.appendVarInt(length);
      for (const group of this.#groups) writer.appendBytes(group);
      writer.appendBytes(none.subarray(list + 1));
    }
    writer.appendUint32(writer.offset);
    writer.appendUint32(MAGIC);
    return new Uint8Array(writer.buffer, 0, writer.index);
  }

  #metadata(rows: bigint, groups: RowGroup[]): Uint8Array {
    const writer = new ByteWriter();
    writeMetadata(writer, { ...this.#file, version: 2, num_rows: rows, row_groups: groups, metadata_length: 0 });
    return new Uint8Array(writer.buffer, 0, writer.index - LENGTH_BYTES);
  }
}
