import { formatIpv4 } from '@revtr/net';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ColdStore } from '../cold/cold-store.ts';
import { StorageError } from '../errors.ts';
import { decodeRecord } from '../records/decode-record.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { type ClosedIdRange, coldRows } from './cold-rows.ts';
import { fromStoredAddress } from './result-columns.ts';

/** A row of any of the three tables. */
interface StoredRow extends Omit<MeasurementRow, 'result'> {
  readonly json: unknown;
  /** Null unless the row is from `results`, whose addresses are numbers. */
  readonly record: Uint8Array | null;
}

/** Which measurements to read, and how many. Each condition that is given must be met. */
export interface MeasurementSelection {
  readonly ids?: readonly number[];
  readonly batchId?: number;
  readonly userId?: number;
  /** Ids above this one. */
  readonly after?: number;
  /** The ids that results of the selection can have: partitions and files with others are not read. Default: all. */
  readonly results?: ClosedIdRange;
  readonly limit: number;
  /** Default ascending, by id. */
  readonly order?: 'asc' | 'desc';
  /** Leave out measurements that have not ended. Default false. */
  readonly endedOnly?: boolean;
  /** Most groups of rows that are read in files of cold results; measurements in others are left out. Default: no limit. */
  readonly mostGroups?: number;
}

const COMMON = sql`id, batch_id, user_id::bigint as user_id, source::text as source, destination::text as destination, label, options, created_at, forward_traceroute_id`;

/**
 * Reads measurements by id, from the database and from the files of cold results. @throws {StorageError} `coldUnreadable` when one of the latter
 * cannot be read
 */
export async function readMeasurements(
  db: Kysely<Schema>,
  cold: ColdStore | undefined,
  selection: MeasurementSelection,
): Promise<MeasurementRow[]> {
  const { ids: _, order = 'asc', limit, ...conditions } = selection;
  // The files come second: a partition may move between the two, and never moves back.
  const stored = await readTables(db, selection);
  const found = new Set(stored.map(({ id }) => id));
  const range = coldRangeOf(selection, stored, found);
  if (range === undefined) return stored;
  const moved: MeasurementRow[] = [];
  for await (const rows of coldRows(db, cold, { ...conditions, ...range, order })) {
    for (const { record, ...row } of rows)
      if (!found.has(row.id)) moved.push({ ...row, state: 'done', result: readableRecord(record) });
    if (moved.length >= limit) break;
  }
  if (moved.length === 0) return stored;
  return [...stored, ...moved].toSorted((a, b) => (order === 'asc' ? a.id - b.id : b.id - a.id)).slice(0, limit);
}

/** Measurements by their ids, ascending. Those that were deleted are left out. @throws {StorageError} `coldUnreadable` */
export async function readMeasurementsById(
  db: Kysely<Schema>,
  cold: ColdStore | undefined,
  ids: readonly number[],
): Promise<MeasurementRow[]> {
  return ids.length === 0 ? [] : readMeasurements(db, cold, { ids, limit: ids.length });
}

/** One statement reads all tables, because a measurement moves from one to another when it ends. */
async function readTables(db: Kysely<Schema>, selection: MeasurementSelection): Promise<MeasurementRow[]> {
  const { limit, results, order = 'asc', endedOnly = false } = selection;
  const where = conditionOf(selection);
  const ids = results === undefined ? sql`true` : sql`id between ${results.first} and ${results.last}`;
  const ordered = sql`order by id ${sql.raw(order)} limit ${limit}`;
  const open = sql`
    (select ${COMMON}, state, null::timestamptz as ended_at, null::json as json, null::bytea as record
    from measurements where ${where} ${ordered})
    union all`;
  const { rows } = await sql<StoredRow>`
    ${endedOnly ? sql`` : open}
    (select ${COMMON}, 'done' as state, ended_at, null::json as json, record
    from results where ${where} and ${ids} ${ordered})
    union all
    (select ${COMMON}, 'done' as state, ended_at, result as json, null::bytea as record
    from json_results where ${where} ${ordered})
    ${ordered}`.execute(db);
  return rows.map(toMeasurementRow);
}

function conditionOf({ ids, batchId, userId, after }: MeasurementSelection): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = [];
  if (ids !== undefined) conditions.push(sql`id in (${sql.join(ids)})`);
  if (batchId !== undefined) conditions.push(sql`batch_id = ${batchId}`);
  if (userId !== undefined) conditions.push(sql`user_id = ${userId}`);
  if (after !== undefined) conditions.push(sql`id > ${after}`);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** The ids of measurements that the files of cold results may have, given those that were found elsewhere; `undefined` when there are none. */
function coldRangeOf(
  { ids, results, after = 0, order = 'asc', limit }: MeasurementSelection,
  stored: readonly MeasurementRow[],
  found: ReadonlySet<number>,
): (ClosedIdRange & { readonly ids?: ReadonlySet<number> }) | undefined {
  if (ids !== undefined) {
    const missing = ids.filter((id) => !found.has(id));
    return missing.length === 0 ? undefined : { first: least(missing), last: most(missing), ids: new Set(missing) };
  }
  const farthest = stored.length < limit ? undefined : stored.at(-1)?.id;
  const range = { first: Math.max(after + 1, results?.first ?? 1), last: results?.last ?? Number.MAX_SAFE_INTEGER };
  if (farthest === undefined) return range;
  return order === 'asc'
    ? { ...range, last: Math.min(range.last, farthest) }
    : { ...range, first: Math.max(range.first, farthest) };
}

const least = (ids: readonly number[]): number => ids.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
const most = (ids: readonly number[]): number => ids.reduce((a, b) => Math.max(a, b), 0);

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
