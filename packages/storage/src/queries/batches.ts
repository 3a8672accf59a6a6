import { type Kysely, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { StorageError } from '../errors.ts';
import {
  type Acceptance,
  acceptBatches,
  type BatchRequest,
  type RepeatableRequest,
  type Repeated,
  repeatedBy,
} from '../queue/accept-batches.ts';
import { GroupCommit } from '../queue/group-commit.ts';
import type { NewMeasurement } from '../queue/insert-measurements.ts';
import { exceededOf, type LimitUse, limitUse, type QuotaExceeded } from '../queue/limit-use.ts';
import { endQueued } from '../results/end-queued.ts';
import { type MeasurementOutline, outlineOf } from '../results/outline.ts';
import { withPartitions } from '../results/result-partitions.ts';
import { type MeasurementSelection, readMeasurements, readMeasurementsById } from '../results/stored-measurements.ts';
import type { Batch, MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';

/** A batch, and how many of its measurements have ended. */
export interface BatchProgress {
  readonly id: number;
  readonly size: number;
  readonly done: number;
  readonly created_at: Date;
  readonly cancelled_at: Date | null;
}

/** What a user submits a batch with. */
export interface SubmittedWith {
  /** API key; null for a session that began without one. */
  readonly keyId: number | null;
  readonly repeatable?: RepeatableRequest | undefined;
  /** Whether nobody waits for the results: the batch is queued as a large one. Default: whether it is large. */
  readonly isBulk?: boolean | undefined;
}

/** Which outlines to read. */
export interface OutlinesPage extends Required<MeasurementPage> {
  /** Whether to read the addresses of the hops. Default false: they are most of what a path consists of. */
  readonly routers?: boolean;
}

/** A part of a long list of measurements. */
export interface MeasurementPage {
  /** Most rows to return. */
  readonly limit?: number;
  /** Return rows after the one with this id. */
  readonly after?: number;
}

const MOST_OF_BATCH = 100_000;
const MOST_OUTLINES = 10_000;
const MOST_ENDED = 1_000_000;
/** Measurements of a batch that is taken before the large ones of other users. */
const MOST_OF_SMALL = 20;
/** Batches that share a transaction. */
const MOST_TOGETHER = 100;

/** Batches and their measurements. */
export class Batches {
  readonly #db: Kysely<Schema>;
  /** Small batches that are being accepted, by their user and its limits. */
  readonly #accepting = new Map<string, GroupCommit<BatchRequest, Acceptance>>();

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores a batch with all its measurements in one transaction, or stores nothing and returns the limit of the user that it would
   * exceed, or the batch of the same request before. Small batches that a user submits at the same time share a transaction.
   * @throws {StorageError} `badText`
   */
  async accept(
    user: User,
    measurements: readonly NewMeasurement[],
    now: Date,
    { keyId, repeatable, isBulk = measurements.length > MOST_OF_SMALL }: SubmittedWith = { keyId: null },
  ): Promise<Acceptance> {
    const request = { keyId, measurements, isBulk, now, repeatable };
    if (repeatable !== undefined || measurements.length > MOST_OF_SMALL)
      return (await acceptBatches(this.#db, user, [request]))[0];
    return this.#acceptTogether(user, request);
  }

  /** The batch that a request with this key submitted within the last day. */
  async repeated(
    user: User,
    request: Pick<RepeatableRequest, 'key' | 'hash'>,
    now: Date,
  ): Promise<Repeated | undefined> {
    return repeatedBy(this.#db, user, request, now);
  }

  /**
   * Marks a batch as cancelled, and ends its queued measurements with `result`, in whose `failReason` the destination becomes the hop.
   * Measurements under way are not changed. Returns the ids of those that ended.
   */
  async cancel(id: number, result: unknown, now: Date): Promise<number[]> {
    const ended = await withPartitions(this.#db, now, () =>
      this.#db.transaction().execute(async (db) => {
        await sql`update batches set cancelled_at = coalesce(cancelled_at, ${now}) where id = ${id}`.execute(db);
        return endQueued(db, sql`batch_id = ${id} and state = 'queued'`, result, now);
      }),
    );
    return ended.map((job) => job.id);
  }

  /** Ids of the batches of a user that have measurements which have not ended; at most as many as the user may have in parallel. */
  async openOf(userId: number): Promise<number[]> {
    const open = await this.#db
      .selectFrom('measurements')
      .select('batch_id')
      .distinct()
      .where('user_id', '=', userId)
      .execute();
    return open.map(({ batch_id }) => batch_id);
  }

  /** Which of the user's limits `size` more measurements would break now. Only {@link accept} decides finally. */
  async exceeded(user: User, size: number, now: Date): Promise<QuotaExceeded | undefined> {
    return exceededOf(await limitUse(this.#db, user, now), size);
  }

  /** How much of each limit of a user is used. */
  async limitUseOf(user: User, now: Date): Promise<readonly LimitUse[]> {
    return limitUse(this.#db, user, now);
  }

  /** The batch with an id. */
  async find(id: number): Promise<Batch | undefined> {
    return this.#db.selectFrom('batches').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The measurement with an id. */
  async findMeasurement(id: number): Promise<MeasurementRow | undefined> {
    return (await readMeasurementsById(this.#db, [id])).at(0);
  }

  /** Ids of the measurements of a batch that have ended. @throws {StorageError} `tooManyRows` above 1,000,000 */
  async endedIn(id: number): Promise<number[]> {
    const { where, ids } = await this.#selectionOf(id);
    const { rows } = await sql<{ id: number }>`
      select id from results where ${where} and ${ids}
      union all
      select id from json_results where ${where}
      limit ${MOST_ENDED + 1}`.execute(this.#db);
    if (rows.length <= MOST_ENDED) return rows.map((row) => row.id);
    const details = { rows: 'measurements of a batch', maximum: MOST_ENDED };
    throw new StorageError('tooManyRows', `there are more than ${MOST_ENDED} ${details.rows}`, details);
  }

  /**
   * Measurements of a batch by id, which is their order in the batch; the limit is at most 100,000, its default.
   * @throws {StorageError} `badLimit`
   */
  async measurementsOf(
    batchId: number,
    { limit = MOST_OF_BATCH, after = 0 }: MeasurementPage = {},
  ): Promise<MeasurementRow[]> {
    checkedLimit(limit, MOST_OF_BATCH);
    return readMeasurements(this.#db, { ...(await this.#selectionOf(batchId, after)), limit });
  }

  /** The outlines of the measurements of a batch after the one with the id `after`; the limit is at most 10,000. @throws {StorageError} `badLimit` */
  async outlinesOf(batchId: number, { limit, after, routers = false }: OutlinesPage): Promise<MeasurementOutline[]> {
    checkedLimit(limit, MOST_OUTLINES);
    const rows = await readMeasurements(this.#db, { ...(await this.#selectionOf(batchId, after)), limit });
    return rows.map((row) => outlineOf(row, routers));
  }

  /** How many measurements of a batch have ended. */
  async countDone(id: number): Promise<number> {
    const { rows } = await sql<{ done: number }>`
      select size - (select count(*) from measurements where batch_id = batches.id) as done
      from batches where id = ${id}`.execute(this.#db);
    return rows[0]?.done ?? 0;
  }

  /**
   * The latest batches of a user before the one with the id `before`, newest first, without those of watches; at most 1,000.
   * @throws {StorageError} `badLimit`
   */
  async latestOf(userId: number, limit = MOST_LISTED, before?: number): Promise<BatchProgress[]> {
    const { rows } = await sql<BatchProgress>`
      with open as materialized (
        select batch_id, count(*) as count from measurements where user_id = ${userId} group by batch_id)
      select id, size, created_at, cancelled_at, size - coalesce(open.count, 0) as done
      from batches left join open on open.batch_id = batches.id
      where user_id = ${userId} and watch_id is null and id < ${before ?? Number.MAX_SAFE_INTEGER}
      order by id desc limit ${checkedLimit(limit, MOST_LISTED)}`.execute(this.#db);
    return rows;
  }

  /** Notes the number of a forward traceroute with a measurement of a user. Returns whether the user has such a measurement. */
  async noteForwardTraceroute(userId: number, id: number, tracerouteId: number): Promise<boolean> {
    // In the order in which a measurement moves from one table to another when it ends.
    for (const table of ['measurements', 'json_results', 'results'] as const) {
      const { rows } = await sql`
        update ${sql.table(table)} set forward_traceroute_id = ${tracerouteId} where id = ${id} and user_id = ${userId}
        returning id`.execute(this.#db);
      if (rows.length > 0) return true;
    }
    return false;
  }

  async #acceptTogether(user: User, request: BatchRequest): Promise<Acceptance> {
    const key = [user.id, user.max_per_day, user.max_parallel, user.max_per_minute].join(' ');
    const group =
      this.#accepting.get(key) ??
      new GroupCommit<BatchRequest, Acceptance>(
        { most: MOST_TOGETHER },
        { run: (requests) => acceptBatches(this.#db, user, requests) },
      );
    this.#accepting.set(key, group);
    try {
      return await group.add(request);
    } finally {
      if (group.isIdle) this.#accepting.delete(key);
    }
  }

  /** What selects the measurements of a batch after the one with the id `after`. */
  async #selectionOf(id: number, after = 0): Promise<Required<Pick<MeasurementSelection, 'where' | 'ids'>>> {
    const range = await this.#db
      .selectFrom('batches')
      .select(['first_id', 'last_id'])
      .where('id', '=', id)
      .executeTakeFirst();
    return {
      where: sql`batch_id = ${id} and id > ${after}`,
      ids:
        typeof range?.first_id === 'number'
          ? sql`id between ${range.first_id} and ${range.last_id}`
          : sql`id is not null`,
    };
  }
}
