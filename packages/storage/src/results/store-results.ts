import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import { storedAddressOf, toResultColumns } from './result-columns.ts';

/** A measurement that has ended, with its result. */
export interface EndedMeasurement {
  readonly id: number;
  readonly batch_id: number;
  readonly user_id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly options: unknown;
  readonly created_at: Date;
  readonly forward_traceroute_id: number | null;
  readonly ended_at: Date;
  /** Any value that JSON can represent. */
  readonly result: unknown;
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
