import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Origin of the paths of an atlas, time and sender of its pings, atlas runs, and alias evidence. */
export const atlasRuns: Migration = {
  async up(db) {
    const statements = [
      `alter table atlas_traceroutes add column platform text not null default 'vantagePoint', add column probe integer`,
      // The stored pings lack sender and time. They can be repeated.
      `drop table atlas_tails`,
      `create table atlas_tails (
       source text not null,
       target text not null,
       sender text not null,
       measured_at timestamptz not null,
       stamps jsonb not null,
       primary key (source, target, sender))`,
      `create table atlas_runs (
       id bigserial primary key,
       source text not null,
       user_id bigint references users,
       cause text not null,
       payer text not null,
       state text not null check (state in ('running', 'done', 'failed', 'cancelled')),
       details jsonb not null,
       estimated_credits bigint not null,
       spent_credits bigint not null default 0,
       reason text,
       started_at timestamptz not null,
       ended_at timestamptz)`,
      `create index atlas_runs_of on atlas_runs (source, id)`,
      `create index atlas_runs_open on atlas_runs (id) where state = 'running'`,
      `create table alias_evidence (
       first text not null,
       second text not null,
       kind text not null,
       last_seen timestamptz not null,
       count integer not null,
       primary key (first, second, kind))`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
