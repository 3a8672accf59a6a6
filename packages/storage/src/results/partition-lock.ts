import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Numbers of the advisory locks of this class: one process at a time changes partitions. */
const LOCK = 7262;

/** Runs work in a transaction while no other process changes partitions or the files of cold results. */
export async function exclusively<T>(db: Kysely<Schema>, work: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    // Statements that wait for a lock delay all those that come after them.
    await sql`set local lock_timeout = '3s'`.execute(transaction);
    return work(transaction);
  });
}
