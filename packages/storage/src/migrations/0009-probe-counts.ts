import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Packets counted for the daily budgets: a journal, now and then replaced by one picture of all counts. */
export const probeCounts: Migration = {
  async up(db) {
    await sql`
      create table probe_counts (
        id bigint generated always as identity primary key,
        writer text not null,
        day integer not null,
        counts bytea not null,
        created_at timestamptz not null default now())`.execute(db);
  },
};
