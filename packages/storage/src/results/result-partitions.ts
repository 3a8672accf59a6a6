import { type Kysely, type RawBuilder, type Selectable, sql, type Transaction } from 'kysely';
import { isRefusedWith } from '../errors.ts';
import type { ResultPartitionTable } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { exclusively } from './partition-lock.ts';

/** A range of ids whose results are in one partition. */
export type ResultPartition = Selectable<ResultPartitionTable>;

const DAY_MS = 86_400_000;
/** Ids in a partition: twice as many as the day before needed, within these limits. */
const LEAST_WIDTH = 1_000_000;
const MOST_WIDTH = 100_000_000;
/** SQLSTATE of a row for which there is no partition. */
const NO_PARTITION = '23514';

/**
 * The partitions of the results. Ids are handed out in the order of time, and each day (UTC) begins a partition, so that the results of a day
 * are in one partition, or in several if there are very many.
 */
export class ResultPartitions {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** All partitions in the order of their ids. */
  async list(): Promise<ResultPartition[]> {
    return partitionsOf(this.#db);
  }

  /**
   * The partitions that ended before `time`, in the order of their ids. One that ended after `now` did so while the clock was wrong: it counts as those after
   * it do.
   */
  async closedBefore(time: Date, now: Date): Promise<ResultPartition[]> {
    const all = await this.list();
    const isOld = ({ closed_at }: ResultPartition): boolean => closed_at !== null && closed_at < time;
    const latest = all.findLastIndex(isOld);
    return all.filter(
      (partition, i) => isOld(partition) || (i < latest && partition.closed_at !== null && partition.closed_at > now),
    );
  }

  /**
   * Begins a partition if a new day has begun and ids were handed out in the last one, and makes the next partition in advance. Several
   * processes may do so at once.
   */
  async prepare(now: Date): Promise<void> {
    await exclusively(this.#db, (db) => makeNext(db, now));
    if (await exclusively(this.#db, (db) => beginDay(db, now))) await exclusively(this.#db, (db) => makeNext(db, now));
  }

  /**
   * Deletes the results of the partitions that ended before `time`, with their batches and what refers to them. A partition stays while one of its
   * measurements is open, or stored in the form of an earlier version. Returns the partitions that are deleted.
   */
  async dropBefore(time: Date, now: Date): Promise<ResultPartition[]> {
    const dropped: ResultPartition[] = [];
    for (const partition of await this.closedBefore(time, now))
      if (await exclusively(this.#db, (db) => dropPartition(db, partition, now))) dropped.push(partition);
    return dropped;
  }
}

/** Runs work that stores results. If there is no partition for one of them, makes it, and runs the work again. */
export async function withPartitions<T>(db: Kysely<Schema>, now: Date, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusedWith(error, NO_PARTITION)) throw error;
    await new ResultPartitions(db).prepare(now);
    return work();
  }
}

const dayOf = (time: Date): number => Math.floor(time.getTime() / DAY_MS);

async function partitionsOf(db: Kysely<Schema>): Promise<ResultPartition[]> {
  return db.selectFrom('result_partitions').selectAll().orderBy('first_id').execute();
}

/** The partition of the last id that was handed out, the one after it, and how many ids of it were handed out. Notes when partitions began and ended. */
async function situationOf(
  db: Transaction<Schema>,
  now: Date,
): Promise<{ readonly current: ResultPartition; readonly next: ResultPartition | undefined; readonly used: number }> {
  const [{ last, is_called }] = (
    await sql<{
      last: number;
      is_called: boolean;
    }>`select last_value as last, is_called from measurements_id_seq`.execute(db)
  ).rows;
  const all = await partitionsOf(db);
  const at = Math.max(
    0,
    all.findLastIndex(({ first_id }) => first_id <= last),
  );
  for (const passed of all.slice(0, at)) if (passed.closed_at === null) await setTime(db, passed, 'closed_at', now);
  const current = all[at];
  // The clock may have been ahead when the partition began: the next day must not wait for that time.
  const openedAt = current.opened_at === null || current.opened_at > now ? now : current.opened_at;
  if (openedAt !== current.opened_at) await setTime(db, current, 'opened_at', now);
  const used = is_called ? last - current.first_id + 1 : last - current.first_id;
  return { current: { ...current, opened_at: openedAt }, next: all[at + 1], used };
}

/** Makes partitions until there is one of which no id was handed out. */
async function makeNext(db: Transaction<Schema>, now: Date): Promise<void> {
  for (;;) {
    const { current, next, used } = await situationOf(db, now);
    if (next !== undefined) return;
    const first = current.end_id;
    const end = first + Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, 2 * used));
    const table = sql.table(`results_${first}`);
    await sql`create table ${table} (like results including all)`.execute(db);
    await sql`
      alter table results attach partition ${table} for values from (${sql.lit(first)}) to (${sql.lit(end)})`.execute(
      db,
    );
    await db.insertInto('result_partitions').values({ first_id: first, end_id: end }).execute();
  }
}

/** Hands out ids of the next partition from now on if a day has begun since the current one. Returns whether it does. */
async function beginDay(db: Transaction<Schema>, now: Date): Promise<boolean> {
  const { current, next, used } = await situationOf(db, now);
  if (next === undefined || current.opened_at === null || dayOf(now) <= dayOf(current.opened_at)) return false;
  if (used === 0) {
    await setTime(db, current, 'opened_at', now);
    return false;
  }
  // No measurement is submitted meanwhile: a sequence that others use must not go back.
  await sql`lock table measurements in share row exclusive mode`.execute(db);
  await sql`
    select setval('measurements_id_seq', ${sql.lit(next.first_id)}, false) from measurements_id_seq
    where last_value < ${sql.lit(next.first_id)}`.execute(db);
  await setTime(db, current, 'closed_at', now);
  await setTime(db, next, 'opened_at', now);
  return true;
}

/** Deletes a partition if nothing in it is open. Returns whether it did. */
async function dropPartition(db: Transaction<Schema>, partition: ResultPartition, now: Date): Promise<boolean> {
  const stored = await completed(db, partition);
  if (stored === undefined) return false;
  const { first_id, moved_at } = stored;
  const within = idsOf(stored);
  await sql`delete from publications where measurement_id ${within}`.execute(db);
  await sql`delete from archive_pending where measurement_id ${within}`.execute(db);
  await sql`delete from batches where last_id ${within}`.execute(db);
  if (moved_at === null) await dropTable(db, stored);
  else await releaseFiles(db, stored, now);
  await db.deleteFrom('result_partitions').where('first_id', '=', first_id).execute();
  return true;
}

/** The files of a partition hold no results any more: they are deleted later. */
async function releaseFiles(db: Transaction<Schema>, partition: ResultPartition, now: Date): Promise<void> {
  await sql`delete from cold_forward_traceroutes where measurement_id ${idsOf(partition)}`.execute(db);
  await db
    .updateTable('cold_files')
    .set({ removed_at: now })
    .where('partition_id', '=', partition.first_id)
    .where('removed_at', 'is', null)
    .execute();
}

/** A partition as it is stored now; `undefined` while one of its measurements is open or stored as JSON, and when the partition was deleted. */
export async function completed(
  db: Transaction<Schema>,
  partition: ResultPartition,
): Promise<ResultPartition | undefined> {
  const within = idsOf(partition);
  const { rows } = await sql<{ is_open: boolean }>`
    select exists (select from measurements where id ${within})
      or exists (select from json_results where id ${within}) as is_open`.execute(db);
  if (rows[0]?.is_open !== false) return undefined;
  const stored = db.selectFrom('result_partitions').selectAll().where('first_id', '=', partition.first_id);
  return stored.executeTakeFirst();
}

/** Drops the table of a partition. */
export async function dropTable(db: Transaction<Schema>, { first_id }: ResultPartition): Promise<void> {
  const table = sql.table(`results_${first_id}`);
  await sql`alter table results detach partition ${table}`.execute(db);
  await sql`drop table ${table}`.execute(db);
}

/** The condition that an id is one of a partition. */
export const idsOf = ({ first_id, end_id }: ResultPartition): RawBuilder<unknown> =>
  sql`between ${sql.lit(first_id)} and ${sql.lit(end_id - 1)}`;

async function setTime(
  db: Transaction<Schema>,
  { first_id }: ResultPartition,
  column: 'opened_at' | 'closed_at',
  now: Date,
): Promise<void> {
  await db
    .updateTable('result_partitions')
    .set({ [column]: now })
    .where('first_id', '=', first_id)
    .execute();
}
