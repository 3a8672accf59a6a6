import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A batch may note the trace of the request that submitted it, which its measurements continue. */
export const traces: Migration = {
  async up(db) {
    await sql`alter table batches add column trace text`.execute(db);
  },
};
