import { type Kysely, type RawBuilder, sql } from 'kysely';
import { isRefusedWith } from '../../errors.ts';
import type { Schema } from '../../schema/schema.ts';
import type { IdRange, SearchOrder } from '../id-range.ts';
import type { MeasurementFilter } from '../measurement-filter.ts';
import { withQuerySettings } from '../query-settings.ts';
import { blockTerms, TERMS, termsOf } from '../terms.ts';

/** SQLSTATE of a statement that names a table which does not exist. */
const NO_TABLE = '42P01';

/** What to look for in a partition. */
export interface BlocksQuery {
  /** The first id of the partition. */
  readonly partition: number;
  readonly filter: MeasurementFilter;
  /** What results must meet: the terms let some others pass. */
  readonly conditions: RawBuilder<unknown>;
  /** Ids of the partition. */
  readonly range: IdRange;
  readonly order: SearchOrder;
  /** Most ids to return. */
  readonly most: number;
}

/**
 * The first ids of a range that meet a filter, by the index of terms. `offset 0` keeps the other conditions away from the planner, which would
 * otherwise choose among indexes by statistics that know nothing about combinations of conditions. None for a partition that was dropped.
 */
export async function readBlocks(
  db: Kysely<Schema>,
  { partition, filter, conditions, range, order, most }: BlocksQuery,
): Promise<readonly number[]> {
  const found = sql<{ id: number }>`
    select id
    from (
      select * from ${sql.table(`results_${partition}`)}
      where ${TERMS} @> (${termsOf(filter)}) and ${TERMS} && ${blockTerms(range)}::integer[] offset 0
    ) as candidates
    where id >= ${range.from} and id < ${range.to} and ${conditions}
    order by id ${sql.raw(order === 'oldest' ? 'asc' : 'desc')} limit ${most}`;
  try {
    const { rows } = await withQuerySettings(db, { isOrdered: false }, (transaction) => found.execute(transaction));
    return rows.map(({ id }) => id);
  } catch (error) {
    if (isRefusedWith(error, NO_TABLE)) return [];
    throw error;
  }
}
