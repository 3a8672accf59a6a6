import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Numbers of the advisory locks of this class: one process at a time changes partitions. */
const LOCK = 7262;
/** Work that changes stored results shares this one; a partition that moves, and a file that is written anew, have it alone. */
const RESULTS_LOCK = 7263;

/** Runs work in a transaction while no other process changes partitions or the files of cold results. */
export async function exclusively<T>(db: Kysely<Schema>, work: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    // Statements that wait for a lock delay all those that come after them.
    await sql`set local lock_timeout = '3s'`.execute(transaction);
    return work(transaction);
  });
}

/**
 * Waits until no partition moves and no file is replaced, and keeps others from doing so until the end of the transaction. To be called before results are
 * changed or deleted: a statement that waits for the partition has locks of which the move is in need.
 */
export async function holdResults(db: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${sql.lit(RESULTS_LOCK)})`.execute(db);
}

/** Waits until nobody changes stored results, and keeps everybody from doing so until the end of the transaction. */
export async function freezeResults(db: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(RESULTS_LOCK)})`.execute(db);
}
