import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Raw probes that users ask for: first work to do, later results. */
export const probeSets: Migration = {
  async up(db) {
    const statements = [
      `create table probe_sets (
       id bigserial primary key,
       user_id bigint not null references users,
       key_id bigint references api_keys on delete set null,
       size integer not null,
       created_at timestamptz not null)`,
      `create index probe_sets_by_user on probe_sets (user_id, id)`,
      `create index probe_sets_by_time on probe_sets (created_at)`,
      `create table probes (
       id bigserial primary key,
       set_id bigint not null references probe_sets on delete cascade,
       user_id bigint not null references users,
       position integer not null,
       request jsonb not null,
       state text not null check (state in ('queued', 'running', 'done')),
       lease_owner text,
       lease_until timestamptz,
       created_at timestamptz not null,
       ended_at timestamptz,
       result jsonb)`,
      `create unique index probes_by_set on probes (set_id, position)`,
      `create index probes_by_user on probes (user_id, created_at)`,
      `create index probes_queued on probes (position, id) where state = 'queued'`,
      `create index probes_running on probes (lease_until) where state = 'running'`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
