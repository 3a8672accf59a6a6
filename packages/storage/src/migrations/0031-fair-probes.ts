import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Users share the queue of raw probes as well. */
export const fairProbes: Migration = {
  async up(db) {
    await sql`create index probes_queue on probes (user_id, position, id) where state = 'queued'`.execute(db);
    await sql`drop index probes_queued`.execute(db);
  },
};
