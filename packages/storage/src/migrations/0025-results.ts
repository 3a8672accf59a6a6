import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Ids in the first partition beyond those that are there already. */
const FIRST_PARTITION = 1_000_000;

/**
 * Results move out of the queue, into a table of compact records in partitions. A partition holds a range of ids, which are handed out in the
 * order of time. Measurements that have ended before stay readable in `json_results`, from which they are moved in the background.
 */
export const results: Migration = {
  async up(db) {
    const statements = [
      // Results leave the tables that these referred to; what refers to a result is deleted with it.
      `alter table publications drop constraint publications_measurement_id_fkey`,
      `alter table archive_pending drop constraint archive_pending_measurement_id_fkey`,
      `alter table measurements rename to json_results`,
      `alter table json_results add column forward_traceroute_id bigint`,
      `create table measurements (
       id bigint primary key default nextval('measurements_id_seq'),
       batch_id bigint not null,
       user_id bigint not null,
       position integer not null,
       source text not null,
       destination text not null,
       label text not null,
       options jsonb,
       state text not null check (state in ('queued', 'running')),
       lease_owner text,
       lease_until timestamptz,
       created_at timestamptz not null default now())`,
      `alter sequence measurements_id_seq owned by measurements.id`,
      `with open as (delete from json_results where state <> 'done' returning *)
       insert into measurements select id, batch_id, user_id, position, source, destination, label, options, state, lease_owner,
         lease_until, created_at from open`,
      `create index jobs_of_batches on measurements (batch_id)`,
      `create index jobs_of_users on measurements (user_id)`,
      `create index jobs_running on measurements (lease_until) where state = 'running'`,
      `create index json_results_of_users on json_results (user_id, id)`,
      `alter table batches add column first_id bigint, add column last_id bigint`,
      `update batches set first_id = ids.first_id, last_id = ids.last_id
       from (
         select batch_id, min(id) as first_id, max(id) as last_id
         from (
           select batch_id, id from measurements
           union all
           select batch_id, id from json_results where batch_id in (select batch_id from measurements)
         ) as of_open_batches
         group by batch_id
       ) as ids
       where batches.id = ids.batch_id`,
      `create index batches_by_last_id on batches (last_id)`,
      // Addresses are stored minus 2^31, because integers have a sign. Networks are AS numbers as signed 32-bit numbers.
      `create table results (
       id bigint not null,
       batch_id bigint not null,
       created_at timestamptz not null,
       ended_at timestamptz not null,
       user_id integer not null,
       source integer not null,
       destination integer not null,
       stop_reason smallint not null,
       label text not null,
       networks integer[] not null,
       options jsonb,
       record bytea not null,
       forward_traceroute_id bigint,
       primary key (id)) partition by range (id)`,
      `create index results_of_users on results (user_id, id)`,
      `create index results_by_source on results (user_id, source, id)`,
      `create index results_by_destination on results (user_id, destination, id)`,
      `create index results_by_label on results (user_id, label, id) where label <> ''`,
      `create index results_by_stop_reason on results (user_id, stop_reason, id) where stop_reason <> 1`,
      `create index results_by_network on results using gin (networks) with (gin_pending_list_limit = 512)`,
      `create table result_partitions (
       first_id bigint primary key,
       end_id bigint not null,
       opened_at timestamptz,
       closed_at timestamptz)`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
    const { rows } = await sql<{ last: number }>`select last_value as last from measurements_id_seq`.execute(db);
    const end = Math.ceil((Number(rows[0]?.last ?? 0) + FIRST_PARTITION) / FIRST_PARTITION) * FIRST_PARTITION;
    // The second one is made in advance.
    for (const [first, next] of [[1, end] as const, [end, end + FIRST_PARTITION] as const]) {
      await sql`insert into result_partitions (first_id, end_id) values (${sql.lit(first)}, ${sql.lit(next)})`.execute(
        db,
      );
      await sql`
        create table ${sql.table(`results_${first}`)} partition of results
        for values from (${sql.lit(first)}) to (${sql.lit(next)})`.execute(db);
    }
  },
};
