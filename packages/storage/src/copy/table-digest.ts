import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import type { Table } from './catalog.ts';

/** What two copies of a table have in common. */
export interface TableDigest {
  readonly rows: number;
  /** The sum of a 64-bit hash of each row, so that the order of the rows does not matter. */
  readonly sum: string;
}

/** Reads a whole table. */
export async function digestOf(db: Kysely<Schema>, { name, columns }: Table): Promise<TableDigest> {
  const row = sql.join([...columns.keys()].map((column) => sql.ref(column)));
  const { rows } = await sql<TableDigest>`
    select count(*)::bigint as rows, coalesce(sum(hashtextextended(row(${row})::text, 0)::numeric), 0)::text as sum
    from ${sql.table(name)}`.execute(db);
  const [digest] = rows;
  return digest ?? { rows: 0, sum: '0' };
}
