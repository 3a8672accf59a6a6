import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Users share the queue of measurements by weight. A flow is what one user has queued for one source, small batches and large ones apart;
 * within it, batches take turns. The functions have settings, which hold for their plans alone: a database that has no statistics of the
 * table yet expects few queued rows, and sorts all of them for each lease.
 */
export const fairQueue: Migration = {
  async up(db) {
    const settings = 'set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off';

    const statements = [
      'alter table users add column weight double precision not null default 1 check (weight > 0)',
      `alter table measurements
         add column turn bigint not null default 0,
         add column is_bulk boolean not null default true`,
      `drop function queued_jobs(integer)`,
      `drop index measurements_queued`,
      `drop index measurements_queued_by_source`,
      `create index measurements_queue on measurements (source, user_id, is_bulk, turn, id) where state = 'queued'`,
      // Finds each flow with one look into the index, however many measurements it has.
      `create function queued_flows(first_source text, last_source text, most integer)
       returns table (source text, user_id bigint, is_bulk boolean) language sql volatile rows 20 ${settings}
       as $$
         with recursive flows as (
           (select m.source, m.user_id, m.is_bulk from measurements as m
            where m.state = 'queued' and m.source >= first_source and m.source <= last_source
            order by m.source, m.user_id, m.is_bulk limit 1)
           union all
           select next.* from flows, lateral (
             select m.source, m.user_id, m.is_bulk from measurements as m
             where m.state = 'queued' and (m.source, m.user_id, m.is_bulk) > (flows.source, flows.user_id, flows.is_bulk)
               and m.source <= last_source
             order by m.source, m.user_id, m.is_bulk limit 1
           ) as next
         )
         select * from flows limit most
       $$`,
      // One call for all flows: the plan of a function is made for each call.
      `create function queued_jobs(shares jsonb)
       returns setof bigint language sql volatile rows 20 ${settings}
       as $$
         select first.id
         from jsonb_to_recordset(shares) as share(source text, "userId" bigint, "isBulk" boolean, most integer),
         lateral (
           select id from measurements
           where state = 'queued' and source = share.source and user_id = share."userId" and is_bulk = share."isBulk"
           order by turn, id limit share.most for update skip locked
         ) as first
       $$`,
      `create function first_turn(flow_source text, flow_user bigint, flow_is_bulk boolean)
       returns bigint language sql volatile ${settings}
       as $$
         select turn from measurements
         where state = 'queued' and source = flow_source and user_id = flow_user and is_bulk = flow_is_bulk
         order by turn, id limit 1
       $$`,
      `create function stale_jobs(before timestamptz, most integer)
       returns setof bigint language sql volatile rows 20 ${settings}
       as $$
         select id from measurements where state = 'queued' and created_at < before limit most for update skip locked
       $$`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
