import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import { type IdRange, rangeAfter, type SearchOrder } from './id-range.ts';
import { withQuerySettings } from './query-settings.ts';

/** An index that has the candidates of a search in the order of their ids, which are its last column. */
export interface OrderedIndex {
  readonly table: 'results' | 'measurements' | 'json_results';
  /** Its first column, and the value that all candidates have in it, as an array of one. */
  readonly column: string;
  readonly value: RawBuilder<unknown>;
  /** What candidates have in its other columns, and the condition of a partial index. Default: there is none. */
  readonly others?: RawBuilder<unknown>;
}

/** The part of an index of a user's measurements that all tables have. */
export const ofUser = (userId: number): Omit<OrderedIndex, 'table'> => ({
  column: 'user_id',
  value: sql`array[${userId}]::bigint[]`,
});

/** The candidates that were looked at. */
export interface Candidates {
  /** How many there were. */
  readonly count: number;
  /** The ids of those that meet the conditions, in order. */
  readonly ids: readonly number[];
  /** The part of the range that comes after the last of them; `undefined` when there are no others. */
  readonly rest: IdRange | undefined;
}

/** What to look at. */
export interface CandidatesQuery {
  readonly index: OrderedIndex;
  /** What candidates must meet to be found. */
  readonly conditions: RawBuilder<unknown>;
  readonly range: IdRange;
  readonly order: SearchOrder;
  /** Most candidates. */
  readonly most: number;
}

/**
 * Looks at the first candidates of a range. With `column = value`, the planner could also read the primary key in the order of ids, and skip any
 * number of rows. It does not know that the column has one value in `column = any (array)`, so that no other index has the order of column and id.
 */
export async function readCandidates(
  db: Kysely<Schema>,
  { index, conditions, range, order, most }: CandidatesQuery,
): Promise<Candidates> {
  const direction = sql.raw(order === 'oldest' ? 'asc' : 'desc');
  const column = sql.ref(index.column);
  const found = sql<{ count: number; last: number | null; ids: number[] }>`
    select count(*)::integer as count, ${sql.raw(order === 'oldest' ? 'max' : 'min')}(id) as last,
      coalesce(json_agg(id order by id ${direction}) filter (where ${conditions}), '[]') as ids
    from (
      select * from ${sql.table(index.table)}
      where id >= ${range.from} and id < ${range.to} and ${column} = any (${index.value}) and ${index.others ?? sql`true`}
      order by ${column} ${direction}, id ${direction} limit ${most}
    ) as candidates`;
  const { rows } = await withQuerySettings(db, { isOrdered: true }, (transaction) => found.execute(transaction));
  const [{ count, last, ids }] = rows;
  return { count, ids, rest: count < most || last === null ? undefined : rangeAfter(range, last, order) };
}
