import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** The time by the clock of the database, milliseconds since the Unix epoch. @throws {StorageError} and errors of the driver */
export async function databaseTime(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::double precision as ms`.execute(db);
  return rows[0].ms;
}
