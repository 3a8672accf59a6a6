import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The limits of a user are counted from the sizes of requests instead of from single measurements and probes, and those under way from an
 * index that has no others: submissions and lists of batches cost the same, however much is stored.
 */
export const requestsByTime: Migration = {
  async up(db) {
    const statements = [
      'create index batches_by_time on batches (user_id, created_at) include (size)',
      'create index probe_sets_by_user_and_time on probe_sets (user_id, created_at) include (size)',
      `create index probes_open on probes (user_id) where state <> 'done'`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
