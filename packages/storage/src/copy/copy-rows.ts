import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import type { Table } from './catalog.ts';

/** Most blocks of a table that one statement reads, and about how many bytes, with the long values that the rows refer to. */
const MOST_BLOCKS = 64;
const BYTES = 4 * 2 ** 20;

/** The size of a table without its long values and its indexes, blocks. */
export async function blocksOf(db: Kysely<Schema>, { name }: Table): Promise<number> {
  const { rows } = await sql<{ blocks: number }>`
    select (pg_relation_size(${sql.lit(name)}::regclass) / current_setting('block_size')::integer)::integer as blocks`.execute(
    db,
  );
  return rows[0]?.blocks ?? 0;
}

/**
 * Copies the rows of a table to a table with the same columns, and calls `onBlocks` with the number of blocks that were read since the last call.
 * Values travel as text, which PostgreSQL writes and reads without loss.
 * @throws {StorageError} `queryFailed` and others, and the reason of `signal`
 */
export async function copyRows(
  table: Table,
  {
    from,
    to,
    onBlocks,
    signal,
  }: {
    readonly from: Kysely<Schema>;
    readonly to: Kysely<Schema>;
    readonly onBlocks: (blocks: number) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const columns = [...table.columns];
  const names = sql.join(columns.map(([name]) => sql.ref(name)));
  const texts = sql.join(columns.map(([name], i) => sql`${sql.ref(name)}::text as ${sql.ref(`c${i}`)}`));
  const values = sql.join(columns.map(([, type], i) => sql`${sql.ref(`c${i}`)}::${sql.raw(type)}`));
  const aliases = sql.join(columns.map((_, i) => sql.ref(`c${i}`)));
  const blocks = await blocksOf(from, table);
  const step = await stepOf(from, table, blocks);
  for (let first = 0; first < blocks; first += step) {
    signal.throwIfAborted();
    const end = first + step;
    const { rows } = await sql<Record<string, string | null>>`
      select ${texts} from ${sql.table(table.name)}
      where ctid >= ${sql.lit(`(${first},0)`)}::tid and ctid < ${sql.lit(`(${end},0)`)}::tid`.execute(from);
    if (rows.length > 0) {
      const arrays = sql.join(columns.map((_, i) => sql`${rows.map((row) => row[`c${i}`] ?? null)}::text[]`));
      await sql`
        insert into ${sql.table(table.name)} (${names}) overriding system value
        select ${values} from unnest(${arrays}) as copied (${aliases})`.execute(to);
    }
    onBlocks(Math.min(step, blocks - first));
  }
}

/** How many blocks one statement reads. */
async function stepOf(db: Kysely<Schema>, { name }: Table, blocks: number): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`select pg_table_size(${sql.lit(name)}::regclass) as bytes`.execute(db);
  const perBlock = Math.max(1, (rows[0]?.bytes ?? 0) / Math.max(1, blocks));
  return Math.max(1, Math.min(MOST_BLOCKS, Math.floor(BYTES / perBlock)));
}
