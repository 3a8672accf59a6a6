import { type Kysely, sql } from 'kysely';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';
import { foreignKeysOf, type Table, tablesOf } from './catalog.ts';

/**
 * Makes a migrated database that nobody has used a copy of the source without rows: the rows that migrations store are deleted, and the partitions of
 * the source are made. Returns what undoes the rest: until then, no trigger fires, and no foreign key is checked.
 * @throws {StorageError} `databaseNotEmpty`, `differentSchemas`, `queryFailed`
 */
export async function prepareTarget(
  to: Kysely<Schema>,
  source: ReadonlyMap<string, Table>,
): Promise<() => Promise<void>> {
  const { users } = await to
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('users'))
    .executeTakeFirstOrThrow();
  if (users > 0)
    throw new StorageError(
      'databaseNotEmpty',
      `the target database is in use already (users: ${users}): it was copied before, or a controller has been started with it`,
      {
        users,
      },
    );
  await replacePartitions(to, source);
  const tables = await tablesOf(to);
  requireSameTables(source, tables);
  const names = [...tables.keys()];
  const keys = await foreignKeysOf(to);
  for (const { table, name } of keys)
    await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(name)}`.execute(to);
  for (const name of names) await sql`alter table ${sql.table(name)} disable trigger user`.execute(to);
  await sql`truncate ${sql.join(names.map((name) => sql.table(name)))}`.execute(to);
  return async () => {
    for (const name of names) await sql`alter table ${sql.table(name)} enable trigger user`.execute(to);
    for (const { table, name, definition } of keys)
      await sql`alter table ${sql.table(table)} add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(to);
  };
}

async function replacePartitions(to: Kysely<Schema>, source: ReadonlyMap<string, Table>): Promise<void> {
  for (const { name, partition } of (await tablesOf(to)).values())
    if (partition !== undefined) await sql`drop table ${sql.table(name)}`.execute(to);
  for (const { name, partition } of source.values())
    if (partition !== undefined)
      await sql`
        create table ${sql.table(name)} partition of ${sql.table(partition.of)} ${sql.raw(partition.bounds)}`.execute(
        to,
      );
}

function requireSameTables(source: ReadonlyMap<string, Table>, target: ReadonlyMap<string, Table>): void {
  const describe = (table: Table | undefined): string => JSON.stringify([...(table?.columns ?? [])]);
  for (const name of new Set([...source.keys(), ...target.keys()]))
    if (describe(source.get(name)) !== describe(target.get(name)))
      throw new StorageError(
        'differentSchemas',
        `table ${name} differs in the two databases: both must have the schema of this version`,
        { table: name },
      );
}
