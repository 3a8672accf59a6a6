import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the ranking of vantage points has learned. */
export const ranking: Migration = {
  async up(db) {
    await sql`
      create table ranking_records (
        level text not null,
        key bigint not null,
        sender text not null,
        distance double precision not null,
        count integer not null,
        at timestamptz not null,
        ingresses jsonb not null,
        primary key (level, key, sender))`.execute(db);
  },
};
