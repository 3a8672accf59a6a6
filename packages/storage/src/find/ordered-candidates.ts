import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import { type IdRange, rangeAfter, type SearchOrder } from './id-range.ts';
import { withQuerySettings } from './query-settings.ts';

/** An index that has the candidates of a search in the order of their ids, which are its last column. */
export interface OrderedIndex {
  readonly table: 'results' | 'measurements' | 'json_results';
  /** The values that all candidates have in its other columns, by column. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The condition of a partial index. */
  readonly predicate?: RawBuilder<unknown>;
}

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
 * Looks at the first candidates of a range. Rows of columns are compared, and all of them are ordered by, because no other index has this order:
 * the planner could otherwise read the primary key, and skip any number of rows.
 */
export async function readCandidates(
  db: Kysely<Schema>,
  { index, conditions, range, order, most }: CandidatesQuery,
): Promise<Candidates> {
  const direction = sql.raw(order === 'oldest' ? 'asc' : 'desc');
  const names = [...Object.keys(index.values), 'id'].map((name) => sql.ref(name));
  const rowWith = (id: number) => sql`(${sql.join([...Object.values(index.values), id])})`;
  const row = sql`(${sql.join(names)})`;
  const ordering = sql.join(names.map((name) => sql`${name} ${direction}`));
  const found = sql<{ count: number; last: number | null; ids: number[] }>`
    select count(*)::integer as count, ${sql.raw(order === 'oldest' ? 'max' : 'min')}(id) as last,
      coalesce(json_agg(id order by id ${direction}) filter (where ${conditions}), '[]') as ids
    from (
      select * from ${sql.table(index.table)}
      where id >= ${range.from} and id < ${range.to} and ${index.predicate ?? sql`true`}
        and ${row} >= ${rowWith(range.from)} and ${row} < ${rowWith(range.to)}
      order by ${ordering} limit ${most}
    ) as candidates`;
  const { rows } = await withQuerySettings(db, { isOrdered: true }, (transaction) => found.execute(transaction));
  const [{ count, last, ids }] = rows;
  return { count, ids, rest: count < most || last === null ? undefined : rangeAfter(range, last, order) };
}
