import { type Kysely, sql } from 'kysely';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { storedAddressOf, toResultColumns } from './result-columns.ts';

/** A measurement that has ended, with its result: any value that JSON can represent. */
interface EndedMeasurement extends Omit<MeasurementRow, 'state' | 'ended_at'> {
  readonly ended_at: Date;
}

const ROWS_PER_INSERT = 500;

/** Stores results of measurements that are not in the queue any more. */
export async function storeResults(db: Kysely<Schema>, ended: readonly EndedMeasurement[]): Promise<void> {
  for (let first = 0; first < ended.length; first += ROWS_PER_INSERT) {
    const rows = ended.slice(first, first + ROWS_PER_INSERT).map((row) => {
      const { record, stopReason, networks } = toResultColumns(row.result);
      const { id, batch_id, user_id, label, created_at, ended_at, forward_traceroute_id } = row;
      return {
        ...{
          id,
          batch_id,
          user_id,
          label,
          created_at,
          ended_at,
          forward_traceroute_id,
          record,
          stop_reason: stopReason,
        },
        source: storedAddressOf(row.source),
        destination: storedAddressOf(row.destination),
        networks: sql<number[]>`${networks}::integer[]`,
        options: row.options === null ? null : JSON.stringify(row.options),
      };
    });
    await db.insertInto('results').values(rows).execute();
  }
}
