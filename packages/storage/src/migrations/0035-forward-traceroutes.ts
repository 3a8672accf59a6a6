import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Users may note the number of a forward traceroute of theirs with a measurement. */
export const forwardTraceroutes: Migration = {
  async up(db) {
    await sql`alter table measurements add column forward_traceroute_id bigint`.execute(db);
  },
};
