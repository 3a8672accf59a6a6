import { type RawBuilder, sql } from 'kysely';

/**
 * What a selection of ids that locks rows, or takes at most so many, chooses: for `id in (…)`. A planner that believes the table to be empty would
 * otherwise choose again for each row of the table, and more each time.
 */
export const chosenOnce = (selection: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`with chosen(id) as materialized (${selection}) select id from chosen`;
