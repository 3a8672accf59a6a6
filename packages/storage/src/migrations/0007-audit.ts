import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What was sent for whom, and what operators did. */
export const audit: Migration = {
  async up(db) {
    await sql`
      create table audit_blocks (
        id bigint generated always as identity primary key,
        level smallint not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        first_target bigint not null,
        last_target bigint not null,
        first_measurement bigint,
        last_measurement bigint,
        first_batch bigint,
        last_batch bigint,
        records integer not null,
        data bytea not null)`.execute(db);
    // Blocks are compressed already.
    await sql`alter table audit_blocks alter column data set storage external`.execute(db);
    await sql`create index audit_blocks_by_time on audit_blocks (to_at, id)`.execute(db);
    await sql`create index audit_blocks_small on audit_blocks (id) where level = 0`.execute(db);
    await sql`
      create table audit_events (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        kind text not null,
        user_id bigint,
        client text not null default '',
        subject text not null default '',
        detail text not null default '',
        count integer not null default 1,
        status smallint)`.execute(db);
    await sql`create index audit_events_by_time on audit_events (at, id)`.execute(db);
  },
};
