import { formatIpv4 } from '@revtr/net';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { StorageError } from '../errors.ts';
import { decodeRecord } from '../records/decode-record.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { fromStoredAddress } from './result-columns.ts';

/** A row of any of the three tables. */
interface StoredRow extends Omit<MeasurementRow, 'result'> {
  readonly json: unknown;
  /** Null unless the row is from `results`, whose addresses are numbers. */
  readonly record: Uint8Array | null;
}

/** Which measurements to read from each of the tables, and how many. */
export interface MeasurementSelection {
  /** Condition on the columns that all tables share: `id`, `batch_id`, `user_id`, `label`. */
  readonly where: RawBuilder<unknown>;
  /** The ids that the selection can have: a condition on `id` by which partitions of `results` are left out. Default: all. */
  readonly ids?: RawBuilder<unknown>;
  readonly limit: number;
  /** Default ascending, by id. */
  readonly order?: 'asc' | 'desc';
  /** Leave out measurements that have not ended. Default false. */
  readonly endedOnly?: boolean;
}

const COMMON = sql`id, batch_id, user_id::bigint as user_id, source::text as source, destination::text as destination, label, options, created_at, forward_traceroute_id`;

/** Reads measurements by id. One statement reads all tables, because a measurement moves from one to another when it ends. */
export async function readMeasurements(
  db: Kysely<Schema>,
  { where, ids, limit, order = 'asc', endedOnly = false }: MeasurementSelection,
): Promise<MeasurementRow[]> {
  const ordered = sql`order by id ${sql.raw(order)} limit ${limit}`;
  const open = sql`
    (select ${COMMON}, state, null::timestamptz as ended_at, null::json as json, null::bytea as record
    from measurements where ${where} ${ordered})
    union all`;
  const { rows } = await sql<StoredRow>`
    ${endedOnly ? sql`` : open}
    (select ${COMMON}, 'done' as state, ended_at, null::json as json, record
    from results where ${where} and ${ids ?? sql`true`} ${ordered})
    union all
    (select ${COMMON}, 'done' as state, ended_at, result as json, null::bytea as record
    from json_results where ${where} ${ordered})
    ${ordered}`.execute(db);
  return rows.map(toMeasurementRow);
}

/** Measurements by their ids, ascending. Those that were deleted are left out. */
export function readMeasurementsById(db: Kysely<Schema>, ids: readonly number[]): Promise<MeasurementRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  const where = sql`id in (${sql.join(ids)})`;
  return readMeasurements(db, { where, limit: ids.length });
}

function toMeasurementRow({ json, record, source, destination, ...row }: StoredRow): MeasurementRow {
  if (record === null) return { ...row, source, destination, result: json };
  const address = (stored: string): string => formatIpv4(fromStoredAddress(Number(stored)));
  return { ...row, source: address(source), destination: address(destination), result: readableRecord(record) };
}

/** What a record holds; null when it is damaged: one such row must not keep others from being read. */
export function readableRecord(record: Uint8Array): unknown {
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof StorageError && error.is('badRecord')) return null;
    throw error;
  }
}
