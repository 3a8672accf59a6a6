import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The atlas of each source: traceroutes toward it, and Record Route pings to their hops. */
export const atlas: Migration = {
  async up(db) {
    const statements = [
      `create table atlas_traceroutes (
       source text not null,
       id bigint not null,
       origin text not null,
       measured_at timestamptz not null,
       hops jsonb not null,
       primary key (source, id))`,
      `create table atlas_tails (
       source text not null,
       target text not null,
       stamps jsonb not null)`,
      `create index atlas_tails_of on atlas_tails (source)`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
