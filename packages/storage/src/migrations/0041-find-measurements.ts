import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Results are found by any combination of filters from one index of terms. A term is a number for a property of a result; the result's
 * networks are terms themselves. A term for the block of 65,536 ids that the result is in bounds the part of the index that a query reads.
 * The terms of `storage/src/find/terms.ts` must be the same.
 */
export const findMeasurements: Migration = {
  async up(db) {
    const statements = [
      `create function result_terms(id bigint, user_id integer, source integer, destination integer, stop_reason smallint, label text,
         networks integer[]) returns integer[] language sql immutable parallel safe as $$
         select networks || array[
           -2147483648 + (id >> 16)::integer,
           -1610612736 + user_id,
           -1342177280 + stop_reason,
           -1073741824 + (destination >> 24),
           -1056964608 + (destination >> 16),
           -805306368 + (destination >> 8),
           source # 1540483477,
           pg_catalog.hashtext(label)] $$`,
      'drop index results_by_network',
      'drop index results_by_source',
      'drop index results_by_stop_reason',
      'drop index results_by_destination',
      'drop index results_by_label',
      // The order of columns matters, see `readCandidates`.
      'create index results_by_destination on results (destination, user_id, id)',
      `create index results_by_label on results (label, user_id, id) where label <> ''`,
      `create index results_by_terms on results using gin
         (result_terms(id, user_id, source, destination, stop_reason, label, networks)) with (gin_pending_list_limit = 512)`,
      'create index jobs_of_users_by_id on measurements (user_id, id)',
      'drop index jobs_of_users',
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
