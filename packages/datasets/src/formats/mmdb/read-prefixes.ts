import { PrefixTable } from '@revtr/net';
import { type Content, EntryCounter, type ReadLimits } from '../../content/limits.ts';
import { readWhole } from '../../content/whole.ts';
import { emptyFile } from '../../errors.ts';
import { ColumnBuilder } from '../column-builder.ts';
import { SearchTree } from './search-tree.ts';
import { StepBudget } from './step-budget.ts';
import type { WantedFields } from './wanted-fields.ts';

/** What is read from the records of an MMDB file. */
export interface RecordReader {
  /** Most steps through the search tree and the data. */
  readonly mostSteps: number;
  readonly fields: WantedFields;
  /** The value of a record, 32 bits; `undefined` leaves its prefixes out. Called once for each record, however many prefixes share it. */
  readonly readValue: (fields: ReadonlyMap<string, string | number>) => number | undefined;
  /** What a value is, for people. */
  readonly what: string;
}

/** The IPv4 prefixes of an MMDB file whose records have a value. */
export interface MmdbPrefixes {
  readonly table: PrefixTable;
  readonly entries: number;
  /** Type of the database and the day on which it was built, for people. */
  readonly title: string;
}

/**
 * Reads the IPv4 prefixes of an MMDB file. The whole search tree is read at once, so a damaged file is refused here and cannot fail at a
 * look-up. @throws {DatasetError}
 */
export async function readPrefixes(
  content: Content,
  limits: ReadLimits,
  { mostSteps, fields, readValue, what }: RecordReader,
): Promise<MmdbPrefixes> {
  const tree = new SearchTree(await readWhole(content), new StepBudget(mostSteps));
  const counter = new EntryCounter(limits);
  const builder = new ColumnBuilder();
  const values = new Map<number, number | undefined>();
  for (const { address, length, offset } of tree.leaves()) {
    if (!values.has(offset)) values.set(offset, readValue(tree.data.fieldsAt(offset, fields)));
    const value = values.get(offset);
    if (value === undefined) continue;
    counter.add();
    builder.add(address, length, value);
  }
  if (builder.count === 0) throw emptyFile(`the file contains no IPv4 prefix with ${what}`);
  return { table: new PrefixTable(builder.columns()), entries: builder.count, title: tree.title };
}
