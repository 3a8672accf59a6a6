import { type Kysely, type RawBuilder, sql } from 'kysely';
import { selectIds } from '../access/select-ids.ts';
import type { Schema } from '../schema/schema.ts';
import { holdResults } from './partition-lock.ts';

/**
 * Deletes all measurements of batches, with what refers to them. The caller deletes the batches in the same transaction: cold results of a batch that
 * does not exist cannot be read, and later leave their files.
 */
export async function deleteMeasurementsOf(db: Kysely<Schema>, batchIds: readonly number[]): Promise<void> {
  await holdResults(db);
  const batches = selectIds(batchIds);
  await deleteFrom(db, 'measurements', sql`batch_id in (${batches})`);
  await deleteFrom(db, 'json_results', sql`batch_id in (${batches})`);
  const { rows } = await sql<{ id: number }>`
    delete from results using batches
    where batches.id in (${batches}) and results.id between batches.first_id and batches.last_id
      and results.batch_id = batches.id
    returning results.id`.execute(db);
  await deleteReferences(db, rows);
  await sql`
    update cold_files set deletions = deletions + 1
    where removed_at is null and exists (
      select from batches where id in (${batches}) and first_id <= cold_files.last_id and last_id >= cold_files.first_id)`.execute(
    db,
  );
}

/** Deletes all measurements of a user, with what refers to them. The caller deletes the batches in the same transaction. */
export async function deleteMeasurementsOfUser(db: Kysely<Schema>, userId: number): Promise<void> {
  await holdResults(db);
  await deleteFrom(db, 'measurements', sql`user_id = ${userId}`);
  await deleteFrom(db, 'json_results', sql`user_id = ${userId}`);
  const { rows } = await sql<{ id: number }>`
    with of_user as (delete from results where user_id = ${userId} returning id)
    select id from of_user
    where exists (select from publications where measurement_id = id)
      or exists (select from archive_pending where measurement_id = id)`.execute(db);
  await deleteReferences(db, rows);
  await sql`delete from publications where user_id = ${userId}`.execute(db);
  await sql`
    update cold_files set deletions = deletions + 1
    where removed_at is null and path in (select path from cold_file_users where user_id = ${userId})`.execute(db);
}

async function deleteFrom(
  db: Kysely<Schema>,
  table: 'measurements' | 'json_results',
  where: RawBuilder<unknown>,
): Promise<void> {
  const { rows } = await sql<{ id: number }>`delete from ${sql.table(table)} where ${where} returning id`.execute(db);
  await deleteReferences(db, rows);
}

async function deleteReferences(db: Kysely<Schema>, rows: readonly { readonly id: number }[]): Promise<void> {
  if (rows.length === 0) return;
  const ids = selectIds(rows.map(({ id }) => id));
  await sql`delete from publications where measurement_id in (${ids})`.execute(db);
  await sql`delete from archive_pending where measurement_id in (${ids})`.execute(db);
}
