import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Kill switches that operators have set. */
export const killSwitches: Migration = {
  async up(db) {
    await sql`
      create table kill_switches (
        scope text not null,
        subject text not null,
        reason text not null,
        set_by integer references users (id),
        set_at timestamptz not null,
        primary key (scope, subject))`.execute(db);
  },
};
