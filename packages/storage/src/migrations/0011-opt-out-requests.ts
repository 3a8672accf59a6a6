import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Opt-outs of IPv6 prefixes and AS numbers, requests to opt out, and abuse contacts. */
export const optOutRequests: Migration = {
  async up(db) {
    const statements = [
      `alter table opt_outs rename column prefix to network`,
      `alter table opt_outs add column kind text not null default 'ipv4' check (kind in ('ipv4', 'ipv6', 'as'))`,
      `alter table opt_outs alter column kind drop default`,
      `alter table opt_outs add column origin text not null default 'operator'
       check (origin in ('operator', 'import', 'request'))`,
      `create table opt_out_requests (
       id bigserial primary key,
       network text not null,
       reason text not null,
       email text,
       token text not null unique,
       mail_token_hash text unique,
       contact text,
       state text not null check (state in ('pending', 'accepted', 'refused', 'expired')),
       proof text check (proof in ('dns', 'mail', 'operator')),
       note text not null default '',
       created_at timestamptz not null,
       expires_at timestamptz not null,
       mailed_at timestamptz,
       checked_at timestamptz,
       decided_at timestamptz,
       decided_by bigint references users on delete set null)`,
      `create index opt_out_requests_pending on opt_out_requests (checked_at nulls first) where state = 'pending'`,
      `create index opt_out_requests_mailed on opt_out_requests (contact, mailed_at) where mailed_at is not null`,
      `create table abuse_contacts (
       network text primary key,
       email text not null,
       created_at timestamptz not null default now())`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
