import { type Kysely, sql } from 'kysely';
import type { Sought } from '../cold/cold-footer.ts';
import type { ColdRow } from '../cold/cold-row.ts';
import { type ColdStore, unreadable } from '../cold/cold-store.ts';
import type { ColdFileRow } from '../schema/cold.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';

/** Ids from `first` to `last`, both included. */
export interface ClosedIdRange {
  readonly first: number;
  readonly last: number;
}

/** Which cold results to read. Each condition that is given must be met. */
export interface ColdSelection extends ClosedIdRange {
  readonly ids?: ReadonlySet<number> | undefined;
  readonly batchId?: number;
  readonly userId?: number;
  readonly order: 'asc' | 'desc';
  /** Most groups of rows that are read; results of others are left out. Default: no limit. */
  readonly mostGroups?: number;
}

/** A cold result as the tables would have it. */
export interface MovedRow extends Omit<MeasurementRow, 'state' | 'result'> {
  readonly record: Uint8Array;
}

const FILES_AT_ONCE = 50;

/**
 * Yields cold results by id, those of each group of rows together. Results whose batch was deleted are left out: they stay in their file for a while.
 * @throws {StorageError} `coldUnreadable`
 */
export async function* coldRows(
  db: Kysely<Schema>,
  store: ColdStore | undefined,
  selection: ColdSelection,
): AsyncGenerator<MovedRow[]> {
  const { ids, order, mostGroups } = selection;
  let groups = 0;
  const sought = soughtOf(selection);
  for await (const file of coldFiles(db, selection)) {
    const within = narrowed(selection, file, ids);
    if (within === undefined) continue;
    if (store === undefined) throw unreadable(file, 'noPlace');
    for await (const { rows } of store.read(file, { ...within, order, sought })) {
      const found = rows.filter((row) => isSelected(row, selection));
      if (found.length > 0) yield await existing(db, found);
      if (++groups === mostGroups) return;
    }
  }
}

/** The files that may have results with some ids, of a user if that is given, in an order. */
export async function* coldFiles(
  db: Kysely<Schema>,
  { first, last, userId, order }: Pick<ColdSelection, 'first' | 'last' | 'userId' | 'order'>,
): AsyncGenerator<ColdFileRow> {
  let [from, to] = [first, last];
  for (;;) {
    const files = await db
      .selectFrom('cold_files')
      .selectAll()
      .where('removed_at', 'is', null)
      .where('last_id', '>=', from)
      .where('first_id', '<=', to)
      .$if(userId !== undefined, (query) =>
        query.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('cold_file_users')
              .select('cold_file_users.path')
              .whereRef('cold_file_users.path', '=', 'cold_files.path')
              .where('cold_file_users.user_id', '=', userId ?? 0),
          ),
        ),
      )
      .orderBy('last_id', order)
      .limit(FILES_AT_ONCE)
      .execute();
    yield* files;
    const end = files.at(-1);
    if (end === undefined || files.length < FILES_AT_ONCE) return;
    if (order === 'asc') from = end.last_id + 1;
    else to = end.first_id - 1;
  }
}

/** The ids that are to be read from a file; `undefined` when none are. */
function narrowed(
  { first, last }: ClosedIdRange,
  { first_id, last_id }: ColdFileRow,
  ids: ReadonlySet<number> | undefined,
): ClosedIdRange | undefined {
  if (ids === undefined) return { first: Math.max(first, first_id), last: Math.min(last, last_id) };
  let [least, most] = [Number.MAX_SAFE_INTEGER, 0];
  for (const id of ids) if (id >= first_id && id <= last_id) [least, most] = [Math.min(least, id), Math.max(most, id)];
  return most === 0 ? undefined : { first: least, last: most };
}

function soughtOf({ batchId, userId }: ColdSelection): Sought[] {
  return [
    ...(batchId === undefined ? [] : [{ column: 'batch', value: BigInt(batchId) }]),
    ...(userId === undefined ? [] : [{ column: 'user_id', value: BigInt(userId) }]),
  ];
}

const isSelected = (row: ColdRow, { ids, batchId, userId }: ColdSelection): boolean =>
  (ids === undefined || ids.has(row.measurement)) &&
  (batchId === undefined || row.batch === batchId) &&
  (userId === undefined || row.user_id === userId);

/** Rows whose batches still exist, with what was noted about them after they had moved. */
export async function existing(db: Kysely<Schema>, rows: readonly ColdRow[]): Promise<MovedRow[]> {
  const batches = [...new Set(rows.map(({ batch }) => batch))];
  const ids = rows.map(({ measurement }) => measurement);
  const { rows: known } = await sql<{ batch: number | null; measurement: number | null; noted: number | null }>`
    select id as batch, null::bigint as measurement, null::bigint as noted from batches where id in (${sql.join(batches)})
    union all
    select null, measurement_id, forward_traceroute_id from cold_forward_traceroutes
    where measurement_id in (${sql.join(ids)})`.execute(db);
  const alive = new Set(known.map(({ batch }) => batch));
  const noted = new Map(known.map(({ measurement, noted }) => [measurement, noted]));
  return rows
    .filter(({ batch }) => alive.has(batch))
    .map(({ measurement: id, batch: batch_id, options, forward_traceroute, ...row }) => ({
      ...{ id, batch_id, user_id: row.user_id, label: row.label, record: row.record },
      ...{ source: row.source, destination: row.destination, created_at: row.created_at, ended_at: row.ended_at },
      options: options === null ? null : JSON.parse(options),
      forward_traceroute_id: noted.get(id) ?? forward_traceroute,
    }));
}
