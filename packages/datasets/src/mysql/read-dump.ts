import { decompressed } from '../content/decompress.ts';
import { type Content, limited } from '../content/limits.ts';
import { DatasetError } from '../errors.ts';
import { DumpStatements, type MysqlRow } from './statements.ts';

/** What {@link readMysqlDump} wants of a dump. */
export interface ReadMysqlDumpOptions {
  /** Whether the rows of a table are read. Two databases may have tables of one name: the columns tell them apart. */
  readonly wants: (table: string, columns: readonly string[]) => boolean;
  /** Default: 1 TiB after decompression. */
  readonly mostBytes?: number;
}

/** The end of a dump. */
export interface MysqlDumpEnd {
  /** Rows of each table, also of those that were not read. Tables of one name count together. */
  readonly counts: ReadonlyMap<string, number>;
  /** Whether the dump says that it is complete. Dumps without comments do not say it. */
  readonly isComplete: boolean;
}

const MOST_BYTES = 2 ** 40;
const COMPLETED = /^ Dump completed/;

/**
 * Reads the text that `mysqldump` or `mariadb-dump` writes (MySQL manual, "mysqldump"), plain or compressed with gzip or bzip2: yields the rows of the
 * tables that `wants` names, and finally the end. Needs no database server. Memory is bounded by the longest value of a table that is read.
 *
 * @throws {DatasetError} `wrongFormat`, `tooLarge`, `truncated`, `damaged`, or the error of `content`
 */
export async function* readMysqlDump(
  content: Content,
  { wants, mostBytes = MOST_BYTES }: ReadMysqlDumpOptions,
): AsyncGenerator<{ readonly table: string; readonly row: MysqlRow } | MysqlDumpEnd> {
  let rows: { readonly table: string; readonly row: MysqlRow }[] = [];
  const statements = new DumpStatements({ wants, onRow: (table, row) => rows.push({ table, row }) });
  for await (const chunk of limited(decompressed(content), mostBytes)) {
    statements.tokenizer.push(chunk);
    yield* rows;
    rows = [];
  }
  statements.tokenizer.end();
  if (!statements.mayEnd || !statements.tokenizer.mayEnd)
    throw new DatasetError('truncated', 'the dump ends within a statement', {});
  yield { counts: statements.counts, isComplete: COMPLETED.test(statements.tokenizer.lastComment) };
}
