import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** API keys are told apart by the beginning of their hash. The column held the beginning of the key itself. */
export const keyFingerprints: Migration = {
  async up(db) {
    await sql`alter table api_keys rename column prefix to fingerprint`.execute(db);
    await sql`update api_keys set fingerprint = left(hash, 8)`.execute(db);
  },
};
