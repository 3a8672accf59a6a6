import type { RawBuilder, Transaction } from 'kysely';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldOf } from './result-columns.ts';
import { storeResults } from './store-results.ts';

/**
 * Ends the measurements that `where` selects, all of them queued, before they begin. Each has `result`, any value that JSON can represent, in
 * whose `failReason` its destination becomes the hop. Returns which have ended.
 */
export async function endQueued(
  db: Transaction<Schema>,
  where: RawBuilder<boolean>,
  result: unknown,
  now: Date,
): Promise<readonly Pick<MeasurementRow, 'id' | 'batch_id'>[]> {
  const queued = await db.deleteFrom('measurements').where(where).returningAll().execute();
  await storeResults(
    db,
    queued.map((row) => ({ ...row, ended_at: now, result: withHop(result, row.destination) })),
  );
  return queued;
}

function withHop(result: unknown, hop: string): unknown {
  const reason = fieldOf(result, 'failReason');
  return { ...Object(result), failReason: { ...Object(reason), hop } };
}
