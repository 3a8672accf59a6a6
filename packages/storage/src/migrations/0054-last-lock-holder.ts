import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which process had the lock on this database last: one row at most. */
export const lastLockHolder: Migration = {
  async up(db) {
    await sql
      .raw(
        `create table last_lock_holder (
         is_only boolean primary key default true check (is_only),
         holder integer not null)`,
      )
      .execute(db);
  },
};
