import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Self-audits: reverse traceroutes from hosts of this system, compared with their own traceroutes. Single audits are kept for a while, and
 * counts by day for long; evidence about each kind of hop corrects its confidence.
 */
export const selfAudit: Migration = {
  async up(db) {
    const statements = [
      `create table self_audits (
       id bigserial primary key,
       started_at timestamptz not null,
       ended_at timestamptz,
       host text not null,
       source text not null,
       network bigint not null,
       is_retry boolean not null,
       outcome text not null check (outcome in
         ('running', 'judged', 'pathChanged', 'noTruth', 'notMeasured', 'interrupted')),
       detail text not null default '',
       reached boolean,
       as_path_exact boolean,
       routers integer not null default 0,
       routers_found integer not null default 0,
       hops jsonb)`,
      `create index self_audits_by_time on self_audits (started_at)`,
      `create table self_audit_days (
       day integer not null,
       network bigint not null,
       judged integer not null default 0,
       path_changed integer not null default 0,
       no_truth integer not null default 0,
       not_measured integer not null default 0,
       reached integer not null default 0,
       as_path_exact integer not null default 0,
       routers integer not null default 0,
       routers_found integer not null default 0,
       primary key (day, network))`,
      `create table self_audit_hops (
       day integer not null,
       network bigint not null,
       kind text not null,
       bin smallint not null,
       judged integer not null,
       right_hops integer not null,
       unjudged integer not null,
       confidence double precision not null,
       primary key (day, network, kind, bin))`,
      `create table hop_kinds (
       kind text primary key,
       recent_weight double precision not null,
       recent_right double precision not null,
       recent_claimed double precision not null,
       long_weight double precision not null,
       long_right double precision not null,
       long_claimed double precision not null,
       updated_at timestamptz not null,
       suspended_at timestamptz,
       lifted_at timestamptz,
       told_at timestamptz)`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
