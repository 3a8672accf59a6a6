import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Results of other systems, imported from their archives. No measurement uses them. */
export const importedResults: Migration = {
  async up(db) {
    await sql`
      create table imported_results (
        id bigint generated always as identity primary key,
        origin text not null,
        archive_id bigint not null,
        source text not null,
        destination text not null,
        content json not null,
        imported_at timestamptz not null,
        unique (origin, archive_id))`.execute(db);
    await sql`create index imported_results_source on imported_results (source, id)`.execute(db);
    await sql`create index imported_results_destination on imported_results (destination, id)`.execute(db);
  },
};
