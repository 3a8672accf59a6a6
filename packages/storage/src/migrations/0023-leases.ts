import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which process of a cluster owns what: a source, or a duty that one process does for all. */
export const leases: Migration = {
  async up(db) {
    await sql`
      create table leases (
        name text primary key,
        owner text not null,
        token bigint not null,
        until timestamptz not null
      )`.execute(db);
  },
};
