import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which addresses the operator allows the agent of revtr 2.0. */
export const legacyAgents: Migration = {
  async up(db) {
    await sql`alter table agents add column legacy boolean not null default false`.execute(db);
  },
};
