import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../access/open-database.ts';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';
import { sequencesOf, type Table, tablesOf } from './catalog.ts';
import { blocksOf, copyRows } from './copy-rows.ts';
import { prepareTarget } from './prepare-target.ts';
import { digestOf } from './table-digest.ts';

/** What a copy is doing. */
export type CopyProgress =
  /** `done` of `blocks` were read; a block has 8 KiB. */
  | { readonly step: 'copying'; readonly table: string; readonly done: number; readonly blocks: number }
  /** A table is read again in both databases and compared; `done` of `tables` were. */
  | { readonly step: 'comparing'; readonly table: string; readonly done: number; readonly tables: number };

/** What was copied. */
export interface CopiedDatabase {
  readonly tables: number;
  readonly rows: number;
}

/** How both sessions write values as text. A session that waits for the other one, or for a large table, must not be ended. */
const SESSION_SETTINGS = {
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  idle_in_transaction_session_timeout: '0',
  statement_timeout: '0',
};

/**
 * Copies everything that a database stores into a database that nobody has used, and compares both. The target is changed in one transaction: after
 * an error, it has an empty schema. Nobody may use either of them meanwhile: the caller has to hold their locks, and to fire `signal` when it loses one.
 * @throws {StorageError} `noDatabase`, `databaseNotEmpty`, `differentSchemas`, `copyDiffers`, errors of the databases, and the reason of `signal`
 */
export async function copyDatabase(
  { from, to }: { readonly from: Database; readonly to: Database },
  { onProgress, signal }: { readonly onProgress: (progress: CopyProgress) => void; readonly signal: AbortSignal },
): Promise<CopiedDatabase> {
  return from.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((source) =>
      to.db.transaction().execute(async (target) => {
        const copied = await copyAll({ source, target }, { onProgress, signal });
        signal.throwIfAborted();
        return copied;
      }),
    );
}

async function copyAll(
  { source, target }: { readonly source: Transaction<Schema>; readonly target: Transaction<Schema> },
  { onProgress, signal }: { readonly onProgress: (progress: CopyProgress) => void; readonly signal: AbortSignal },
): Promise<CopiedDatabase> {
  for (const session of [source, target])
    for (const [name, value] of Object.entries(SESSION_SETTINGS))
      await sql`set local ${sql.ref(name)} = ${sql.lit(value)}`.execute(session);
  const user = await source.selectFrom('users').select('id').limit(1).executeTakeFirst();
  if (user === undefined)
    throw new StorageError('noDatabase', 'no controller has used the database that is to be copied', {});
  const all = await tablesOf(source);
  const finish = await prepareTarget(target, all);
  const tables = [...all.values()].filter(({ hasRows }) => hasRows);
  let blocks = 0;
  for (const table of tables) blocks += await blocksOf(source, table);
  let done = 0;
  for (const table of tables) {
    const onBlocks = (more: number): void => {
      done += more;
      onProgress({ step: 'copying', table: table.name, done, blocks });
    };
    await copyRows(table, { from: source, to: target, onBlocks, signal });
  }
  await copySequences(source, target);
  await finish();
  // Until then, the planner knows nothing about the new tables.
  await sql`analyze`.execute(target);
  let rows = 0;
  for (const [i, table] of tables.entries()) {
    signal.throwIfAborted();
    onProgress({ step: 'comparing', table: table.name, done: i, tables: tables.length });
    rows += await compare(table, source, target);
  }
  return { tables: tables.length, rows };
}

async function copySequences(source: Kysely<Schema>, target: Kysely<Schema>): Promise<void> {
  for (const name of await sequencesOf(source)) {
    const { rows } = await sql<{ value: string; is_called: boolean }>`
      select last_value::text as value, is_called from ${sql.table(name)}`.execute(source);
    for (const { value, is_called } of rows)
      await sql`select setval(${sql.lit(name)}::regclass, ${value}::bigint, ${is_called})`.execute(target);
  }
}

/** The number of rows. @throws {StorageError} `copyDiffers` */
async function compare(table: Table, source: Kysely<Schema>, target: Kysely<Schema>): Promise<number> {
  const [original, copy] = await Promise.all([digestOf(source, table), digestOf(target, table)]);
  if (original.rows === copy.rows && original.sum === copy.sum) return copy.rows;
  throw new StorageError(
    'copyDiffers',
    `table ${table.name} differs after the copy: ${original.rows} rows were read, and ${copy.rows} stored`,
    { table: table.name },
  );
}
