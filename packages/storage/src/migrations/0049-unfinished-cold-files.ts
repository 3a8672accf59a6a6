import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The database knows the files of cold results that are being written: an object store cannot give them a name at the moment when they are recorded. */
export const unfinishedColdFiles: Migration = {
  async up(db) {
    await sql`create table cold_unfinished (path text primary key, since timestamptz not null default now())`.execute(
      db,
    );
  },
};
