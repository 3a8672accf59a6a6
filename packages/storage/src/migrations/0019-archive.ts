import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The public archive: who agreed to it, which results wait for it, and the files that were written. */
export const archive: Migration = {
  async up(db) {
    await sql`alter table users add column archive_consent_at timestamptz`.execute(db);
    await sql`
      create table archive_pending (
        measurement_id bigint primary key references measurements on delete cascade,
        day date not null)`.execute(db);
    await sql`create index archive_pending_day on archive_pending (day, measurement_id)`.execute(db);
    await sql`
      create table archive_files (
        path text primary key,
        day date not null,
        format text not null,
        rows integer not null,
        bytes bigint not null,
        sha256 text not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        schema_version integer not null,
        written_at timestamptz not null,
        is_placed boolean not null default false)`.execute(db);
    await sql`create index archive_files_day on archive_files (day)`.execute(db);
    await sql`create index archive_files_unplaced on archive_files (path) where not is_placed`.execute(db);
  },
};
