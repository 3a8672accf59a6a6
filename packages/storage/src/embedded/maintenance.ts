import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';

const EVERY_MS = 60_000;
/** Default of PostgreSQL (`checkpoint_timeout`), whose checkpointer the embedded database does not run either. */
const CHECKPOINT_EVERY = 5;
/** Defaults of the autovacuum of PostgreSQL (section 24.1.6 of its documentation), which the embedded database does not run. */
const LEAST_DEAD_ROWS = 50;
const DEAD_SHARE = 0.2;
const MOST_TRANSACTIONS_UNFROZEN = 200_000_000;

/**
 * Does once a minute, until `signal` fires, what a server does in the background: removes dead rows of every table, also of the system catalogs, in which
 * they are more than 50 and more than a fifth of the rows. Tables whose oldest row is 200,000,000 transactions old are vacuumed as well, because transaction
 * ids repeat. Every five minutes, a checkpoint lets the write-ahead log be used again, and removes the files of tables that were dropped.
 * @param sleep waits, and rejects when its signal fires
 */
export async function maintainUntil(
  signal: AbortSignal,
  db: Kysely<Schema>,
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  for (let turn = 1; !signal.aborted; turn++) {
    await sleep(EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    // A vacuum that fails is repeated at the next turn; statements that matter report the same fault themselves.
    for (const name of await tablesDue(db).catch(() => []))
      if (!signal.aborted) await sql`vacuum ${sql.raw(name)}`.execute(db).catch(() => undefined);
    if (turn % CHECKPOINT_EVERY === 0) await sql`checkpoint`.execute(db).catch(() => undefined);
  }
}

/** Names of the tables to vacuum, quoted where necessary. */
async function tablesDue(db: Kysely<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select pg_class.oid::regclass::text as name
    from pg_class join pg_stat_all_tables as counted on counted.relid = pg_class.oid
    where n_dead_tup > ${sql.lit(LEAST_DEAD_ROWS)} + ${sql.lit(DEAD_SHARE)} * n_live_tup
      or (relfrozenxid <> '0' and age(relfrozenxid) > ${sql.lit(MOST_TRANSACTIONS_UNFROZEN)})`.execute(db);
  return rows.map(({ name }) => name);
}
