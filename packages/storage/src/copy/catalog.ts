import { type Kysely, sql } from 'kysely';
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE } from 'kysely/migration';
import type { Schema } from '../schema/schema.ts';

/** A table with the data of the controller, as the catalog of PostgreSQL describes it. */
export interface Table {
  readonly name: string;
  /** Its columns by name, with their types. Generated columns are left out. */
  readonly columns: ReadonlyMap<string, string>;
  /** The table of which it is a partition, and the clause of `create table` that bounds it. */
  readonly partition: { readonly of: string; readonly bounds: string } | undefined;
  /** Whether it has rows of its own; those of a partitioned table are in its partitions. */
  readonly hasRows: boolean;
}

/** A foreign key, with its definition for `alter table … add constraint`. */
export interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** All tables of the schema but those of the migrations, by name. */
export async function tablesOf(db: Kysely<Schema>): Promise<ReadonlyMap<string, Table>> {
  const { rows } = await sql<TableRow>`
    select c.relname as name, c.relkind = 'r' as has_rows, parent.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bounds,
      (select json_agg(json_build_array(attname, format_type(atttypid, atttypmod)) order by attname) from pg_attribute
       where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
    from pg_class c
      left join pg_inherits on inhrelid = c.oid
      left join pg_class parent on parent.oid = inhparent
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and c.relname not in (${DEFAULT_MIGRATION_TABLE}, ${DEFAULT_MIGRATION_LOCK_TABLE})
    order by c.relname`.execute(db);
  return new Map(rows.map((row) => [row.name, tableOf(row)]));
}

/** All foreign keys of the schema. */
export async function foreignKeysOf(db: Kysely<Schema>): Promise<readonly ForeignKey[]> {
  const { rows } = await sql<ForeignKey>`
    select relname as table, conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = conrelid
    where contype = 'f' and conparentid = 0 and connamespace = current_schema()::regnamespace
    order by relname, conname`.execute(db);
  return rows;
}

/** The names of all sequences of the schema. */
export async function sequencesOf(db: Kysely<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select sequencename as name from pg_sequences where schemaname = current_schema() order by sequencename`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

interface TableRow {
  readonly name: string;
  readonly has_rows: boolean;
  readonly parent: string | null;
  readonly bounds: string | null;
  readonly columns: readonly (readonly [string, string])[];
}

const tableOf = ({ name, has_rows, parent, bounds, columns }: TableRow): Table => ({
  name,
  columns: new Map(columns),
  partition: parent === null || bounds === null ? undefined : { of: parent, bounds },
  hasRows: has_rows,
});
