import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Agents replace sources; their tests, applications, mails and opt-outs. */
export const agents: Migration = {
  async up(db) {
    const statements = [
      `create table agents (
       address text primary key,
       kind text not null check (kind in ('source', 'vantagePoint')),
       hostname text not null,
       site text not null,
       user_id bigint references users,
       state text not null
         check (state in ('expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn')),
       certificate_serial text,
       listening_port integer,
       can_spoof boolean not null default false,
       last_connected_at timestamptz,
       last_tested_at timestamptz,
       quarantine_level integer not null default 0,
       quarantined_until timestamptz,
       quarantine_reason text,
       created_at timestamptz not null default now())`,
      `insert into agents (address, kind, hostname, site, state, created_at)
       select address, 'source', hostname, site, 'ready', created_at from sources`,
      `drop table sources`,
      `create table agent_tests (
       id bigserial primary key,
       address text not null references agents,
       tested_at timestamptz not null,
       cause text not null,
       verdict text not null check (verdict in ('passed', 'failed', 'notTested')),
       report jsonb not null)`,
      `create index agent_tests_of on agent_tests (address, id)`,
      `create table applications (
       id bigserial primary key,
       address text not null,
       hosting text not null,
       name text not null,
       email text not null,
       reason text not null,
       state text not null check (state in ('pending', 'approved', 'refused')),
       note text not null default '',
       created_at timestamptz not null default now(),
       decided_at timestamptz,
       decided_by bigint references users)`,
      `create unique index applications_pending on applications (address) where state = 'pending'`,
      `create table mails (
       id bigserial primary key,
       recipient text not null,
       subject text not null,
       body text not null,
       secret text,
       attempts integer not null default 0,
       last_error text,
       created_at timestamptz not null default now(),
       next_attempt_at timestamptz not null default now(),
       sent_at timestamptz)`,
      `create index mails_unsent on mails (next_attempt_at) where sent_at is null`,
      `create table opt_outs (
       prefix text primary key,
       reason text not null,
       created_at timestamptz not null default now())`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
