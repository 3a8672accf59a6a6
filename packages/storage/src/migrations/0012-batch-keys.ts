import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Batches record the API key that submitted them, for the audit and for kill switches of keys. */
export const batchKeys: Migration = {
  async up(db) {
    await sql`alter table batches add column key_id bigint references api_keys on delete set null`.execute(db);
  },
};
