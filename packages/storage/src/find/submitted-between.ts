import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import { common, type IdRange } from './id-range.ts';
import type { MeasurementFilter } from './measurement-filter.ts';
import { withQuerySettings } from './query-settings.ts';

/** Clocks of several processes differ by less, milliseconds: batches that are further apart have ids in the order of time. */
const CLOCK_DIFFERENCE_MS = 600_000;

/** The ids that the measurements of a filter can have, by its times and its batch. */
export async function idsOf(db: Kysely<Schema>, filter: MeasurementFilter): Promise<IdRange | undefined> {
  const { userId, createdFrom, createdBefore, batchId } = filter;
  const query = sql<{ from: number | null; before: number | null; first: number | null; last: number | null }>`
    select
      (select last_id from batches where user_id = ${userId} and created_at < ${shifted(createdFrom, -CLOCK_DIFFERENCE_MS)}
       order by created_at desc limit 1) as from,
      (select first_id from batches where user_id = ${userId} and created_at >= ${shifted(createdBefore, CLOCK_DIFFERENCE_MS)}
       order by created_at limit 1) as before,
      (select first_id from batches where id = ${batchId ?? null}) as first,
      (select last_id from batches where id = ${batchId ?? null}) as last`;
  const { rows } = await withQuerySettings(db, { isOrdered: true }, (transaction) => query.execute(transaction));
  const [{ from, before, first, last }] = rows;
  const all = { from: 1, to: Number.MAX_SAFE_INTEGER };
  const ofTime = { from: from === null ? all.from : from + 1, to: before ?? all.to };
  const ofBatch = { from: first ?? all.from, to: last === null ? all.to : last + 1 };
  return common(ofTime, ofBatch);
}

const shifted = (time: Date | undefined, ms: number): Date | null =>
  time === undefined ? null : new Date(time.getTime() + ms);
