import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What a user has requested is counted when it is stored, by day and by second, so that the cost of checking a limit does not grow with the
 * number of requests of the day. Triggers count, so that processes of the version before do so too.
 */
export const requestedSizes: Migration = {
  async up(db) {
    const statements = [
      `create table requested_sizes (
       user_id bigint not null references users on delete cascade,
       span text not null check (span in ('day', 'second')),
       begins_at timestamptz not null,
       size bigint not null,
       primary key (user_id, span, begins_at))`,
      `create function count_requested_sizes() returns trigger language plpgsql as $$
       begin
         insert into requested_sizes (user_id, span, begins_at, size)
         select user_id, span, date_trunc(span, created_at, 'UTC'), sum(size)
         from added, unnest(array['day', 'second']) as spans (span)
         group by 1, 2, 3 order by 1, 2, 3
         on conflict (user_id, span, begins_at) do update set size = requested_sizes.size + excluded.size;
         -- The clocks of several processes differ: what the clock of another process still counts must stay.
         delete from requested_sizes using (select user_id, max(created_at) as at from added group by user_id) as latest
         where requested_sizes.user_id = latest.user_id and span = 'second' and begins_at < at - interval '1 hour';
         delete from requested_sizes using (select user_id, max(created_at) as at from added group by user_id) as latest
         where requested_sizes.user_id = latest.user_id and span = 'day' and begins_at < at - interval '8 days';
         return null;
       end $$`,
      ...['batches', 'probe_sets'].map(
        (table) => `create trigger count_requested_sizes after insert on ${table} referencing new table as added
         for each statement execute function count_requested_sizes()`,
      ),
      `insert into requested_sizes (user_id, span, begins_at, size)
       select user_id, 'day', date_trunc('day', created_at, 'UTC'), sum(size)
       from (select user_id, created_at, size from batches union all select user_id, created_at, size from probe_sets) as requests
       where created_at > now() - interval '2 days' group by 1, 3`,
      'create index batches_of_users on batches (user_id, id)',
      'drop index batches_by_time',
      'drop index probe_sets_by_user_and_time',
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
