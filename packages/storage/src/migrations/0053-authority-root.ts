import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which certificate authority the agents of this database trust: one row at most. */
export const authorityRoot: Migration = {
  async up(db) {
    await sql
      .raw(
        `create table authority_root (
         is_only boolean primary key default true check (is_only),
         fingerprint text not null)`,
      )
      .execute(db);
  },
};
