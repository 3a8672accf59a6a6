import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The life of accounts and API keys: scopes, expiry, last use, sessions of browsers, and one-time links that are mailed. Mails do not
 * hold keys any more. Sources may be private, and a quarantine says who imposed it.
 */
export const accounts: Migration = {
  async up(db) {
    const statements = [
      `alter table users add column disabled_at timestamptz`,
      `alter table users add column deleted_at timestamptz`,
      `create index users_email on users (lower(email))`,
      `alter table api_keys add column name text not null default ''`,
      `alter table api_keys add column scopes text not null default 'read measure host'`,
      `alter table api_keys add column origin text not null default 'user' check (origin in ('user', 'setting'))`,
      `alter table api_keys add column expires_at timestamptz`,
      `alter table api_keys add column last_used_at timestamptz`,
      // Until now an operator's keys came from the setting or from the first start only.
      `update api_keys set scopes = 'read measure host operate', origin = 'setting'
       from users where users.id = api_keys.user_id and users.role = 'operator'`,
      `create index api_keys_of on api_keys (user_id)`,
      `create table sessions (
       id bigserial primary key,
       user_id bigint not null references users,
       key_id bigint references api_keys,
       hash text not null unique,
       scopes text not null,
       created_at timestamptz not null,
       expires_at timestamptz not null,
       last_used_at timestamptz not null)`,
      `create index sessions_of on sessions (user_id)`,
      `create index sessions_expiry on sessions (expires_at)`,
      `create table one_time_tokens (
       id bigserial primary key,
       purpose text not null check (purpose in ('verifyApplication', 'collectKey', 'logIn', 'register')),
       user_id bigint references users,
       application_id bigint references applications on delete cascade,
       email text not null,
       name text not null,
       hash text unique,
       lifetime_seconds integer not null,
       created_at timestamptz not null,
       expires_at timestamptz not null,
       used_at timestamptz)`,
      `create index one_time_tokens_expiry on one_time_tokens (expires_at)`,
      // Mails that hold a key in clear text lose it: the operator mails a link instead.
      `update mails set body = replace(body, secret, '[removed; ask the operator for a new link]')
       where secret is not null and secret <> ''`,
      `alter table mails drop column secret`,
      `alter table mails add column token_id bigint references one_time_tokens on delete set null`,
      `alter table applications drop constraint applications_state_check`,
      `alter table applications add constraint applications_state_check
       check (state in ('unverified', 'pending', 'approved', 'refused'))`,
      `alter table applications add column user_id bigint references users`,
      `alter table agents add column quarantined_by text check (quarantined_by in ('system', 'operator'))`,
      `update agents set quarantined_by = 'system' where state = 'quarantined'`,
      `alter table agents add column visibility text not null default 'public'
       check (visibility in ('private', 'shared', 'public'))`,
      `create table source_shares (
       address text not null references agents,
       email text not null,
       primary key (address, email))`,
      `create index source_shares_with on source_shares (email)`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
