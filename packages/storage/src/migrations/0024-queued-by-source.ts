import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** In a cluster, an engine takes the queued measurements of its own sources only. */
export const queuedBySource: Migration = {
  async up(db) {
    await sql`
      create index measurements_queued_by_source on measurements (source, position, id) where state = 'queued'`.execute(
      db,
    );
  },
};
