import { createHash } from 'node:crypto';
import { type FileMetaData, parquetMetadata, type RowGroup, type SchemaElement } from 'hyparquet';
import { hashParquetValue, readBloomFilter, sbbfContains } from 'hyparquet/src/bloom.js';
import { type ColdGroup, GROUPS_KEY, parseGroups } from './groups.ts';

/** What the end of a file tells about the rest of it. */
export interface ColdFooter {
  readonly metadata: Omit<FileMetaData, 'row_groups'>;
  readonly groups: readonly (ColdGroup & { readonly columns: RowGroup })[];
  /** The footer, and its position in the file: Bloom filters are in it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

/** SHA-256 in hexadecimal digits. */
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reads a footer that begins at the position `at` of its file. Throws what the reader of Parquet files throws when it is damaged. */
export function readFooter(bytes: Uint8Array<ArrayBuffer>, at: number): ColdFooter {
  const { row_groups: columns, ...metadata } = parquetMetadata(bytes);
  const text = metadata.key_value_metadata?.find(({ key }) => key === GROUPS_KEY)?.value;
  const groups = text === undefined ? undefined : parseGroups(text);
  if (groups === undefined || groups.length !== columns.length) throw new Error('the list of groups is damaged');
  return { metadata, groups: groups.map((group, i) => ({ ...group, columns: columns[i] })), bytes, at };
}

/** What a column of a group is searched for, which tells it apart from other values of the column. */
export interface Sought {
  readonly column: string;
  /** As the file has it: text, or a 64-bit integer. */
  readonly value: string | bigint;
}

/** Whether a group may have a value: the filter of the column, or its least and largest value, can rule that out. */
export function mayHave(
  { bytes, at }: ColdFooter,
  group: ColdFooter['groups'][number],
  { column, value }: Sought,
): boolean {
  const meta = group.columns.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column)?.meta_data;
  if (meta === undefined) return true;
  const { min_value: least, max_value: most } = meta.statistics ?? {};
  if (typeof value === 'bigint' && typeof least === 'bigint' && typeof most === 'bigint')
    if (value < least || value > most) return false;
  if (meta.bloom_filter_offset === undefined) return true;
  const offset = Number(meta.bloom_filter_offset) - at;
  const filter = readBloomFilter({ view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset });
  if (filter === undefined) return true;
  const hash = hashParquetValue(value, elementOf(meta.type));
  return hash === undefined || sbbfContains(filter.blocks, hash);
}

const elementOf = (type: SchemaElement['type']): SchemaElement =>
  type === 'INT64' ? { name: '', type } : { name: '', type: 'BYTE_ARRAY', converted_type: 'UTF8' };
