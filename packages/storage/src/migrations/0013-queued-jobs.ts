import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The oldest queued measurements, in the order of the queue, locked. A function, because its settings hold for its plan alone: a
 * database that has no statistics of the table yet expects few queued rows, and sorts all of them for each lease.
 */
export const queuedJobs: Migration = {
  async up(db) {
    await sql`
      create function queued_jobs(most integer) returns setof bigint language sql volatile rows 20
      set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
      as $$
        select id from measurements where state = 'queued' order by position, id limit most for update skip locked
      $$`.execute(db);
  },
};
