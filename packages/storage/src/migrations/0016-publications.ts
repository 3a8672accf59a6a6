import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Results that their owners published: everybody who has the token may see them. */
export const publications: Migration = {
  async up(db) {
    await sql`
      create table publications (
        measurement_id bigint primary key references measurements on delete cascade,
        token text not null unique,
        published_at timestamptz not null)`.execute(db);
  },
};
