import { StorageError } from '../errors.ts';

/** Most rows that a listing for people returns at once. */
export const MOST_LISTED = 1_000;

/** The limit of a listing. @throws {StorageError} `badLimit` unless it is a whole number from 1 to `maximum` */
export function checkedLimit(limit: number, maximum: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximum) return limit;
  throw new StorageError('badLimit', `the limit ${limit} is not a whole number from 1 to ${maximum}`, {
    limit,
    maximum,
  });
}

/** A query whose number of rows can be limited. */
interface Limitable<Row> {
  limit(limit: number): { execute(): Promise<Row[]> };
}

/**
 * All rows of a query that has a meaning only as a whole, such as the opt-outs.
 * @throws {StorageError} `tooManyRows` when there are more than `maximum`: a part of them would be taken for all of them
 */
export async function allRows<Row>(query: Limitable<Row>, rows: string, maximum: number): Promise<Row[]> {
  const found = await query.limit(maximum + 1).execute();
  if (found.length <= maximum) return found;
  throw new StorageError('tooManyRows', `there are more than ${maximum} ${rows}`, { rows, maximum });
}
