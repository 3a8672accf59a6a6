import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Users and API keys, sources, batches and measurements. */
export const foundation: Migration = {
  async up(db) {
    const statements = [
      `create table users (
       id bigserial primary key,
       name text not null,
       email text not null unique,
       role text not null check (role in ('user', 'operator')),
       max_per_day integer not null,
       max_parallel integer not null,
       max_per_minute integer not null,
       created_at timestamptz not null default now())`,
      `create table api_keys (
       id bigserial primary key,
       user_id bigint not null references users,
       prefix text not null,
       hash text not null unique,
       created_at timestamptz not null default now(),
       revoked_at timestamptz)`,
      `create table sources (
       address text primary key,
       hostname text not null,
       site text not null,
       created_at timestamptz not null default now())`,
      `create table batches (
       id bigserial primary key,
       user_id bigint not null references users,
       size integer not null,
       created_at timestamptz not null default now())`,
      `create table measurements (
       id bigserial primary key,
       batch_id bigint not null references batches,
       user_id bigint not null references users,
       position integer not null,
       source text not null,
       destination text not null,
       label text not null,
       options jsonb,
       state text not null check (state in ('queued', 'running', 'done')),
       lease_owner text,
       lease_until timestamptz,
       created_at timestamptz not null default now(),
       ended_at timestamptz,
       result json)`,
      // Results are written once and rarely read: their compression would be the largest cost of a measurement.
      `alter table measurements alter column result set storage external`,
      `create index measurements_batch on measurements (batch_id)`,
      `create index measurements_label on measurements (user_id, label) where label <> ''`,
      `create index measurements_recent on measurements (user_id, created_at)`,
      `create index measurements_open on measurements (user_id) where state <> 'done'`,
      `create index measurements_queued on measurements (position, id) where state = 'queued'`,
      `create index measurements_running on measurements (lease_until) where state = 'running'`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
