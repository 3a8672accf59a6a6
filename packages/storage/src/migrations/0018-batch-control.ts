import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Batches can be cancelled, and a repeated request finds the batch of the first one by its idempotency key. */
export const batchControl: Migration = {
  async up(db) {
    await sql`
      alter table batches
        add column cancelled_at timestamptz,
        add column idempotency_key text,
        add column request_hash text,
        add column rejected jsonb`.execute(db);
    await sql`
      create unique index batches_idempotency_key on batches (user_id, idempotency_key)
      where idempotency_key is not null`.execute(db);
  },
};
