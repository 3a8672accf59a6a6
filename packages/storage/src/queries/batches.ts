import { type Kysely, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import type { ColdStore } from '../cold/cold-store.ts';
import { StorageError } from '../errors.ts';
import {
  type Acceptance,
  acceptBatches,
  type BatchRequest,
  type RepeatableRequest,
  type Repeated,
  repeatedBy,
} from '../queue/accept-batches.ts';
import { AcceptByUser } from '../queue/accept-by-user.ts';
import type { NewMeasurement } from '../queue/insert-measurements.ts';
import { exceededOf, type LimitUse, limitUse, type QuotaExceeded } from '../queue/limit-use.ts';
import { type ClosedIdRange, coldRows } from '../results/cold-rows.ts';
import { endQueued } from '../results/end-queued.ts';
import { type MeasurementOutline, outlineOf } from '../results/outline.ts';
import { holdResults } from '../results/partition-lock.ts';
import { withPartitions } from '../results/result-partitions.ts';
import { readMeasurements, readMeasurementsById } from '../results/stored-measurements.ts';
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
  /** Context of the trace of the request. Default: none. */
  readonly trace?: string | undefined;
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
/** A result takes much more memory than its outline. */
const OUTLINES_AT_ONCE = 100;
const MOST_ENDED = 1_000_000;
/** Measurements of a batch that is taken before the large ones of other users. */
const MOST_OF_SMALL = 20;

/** Batches and their measurements. */
export class Batches {
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;
  readonly #accepting: AcceptByUser<BatchRequest, Acceptance>;

  /** Cold results cannot be read without `cold`. */
  constructor(db: Kysely<Schema>, cold?: ColdStore) {
    this.#db = db;
    this.#cold = cold;
    this.#accepting = new AcceptByUser({
      run: (requests) => acceptBatches(db, requests),
      mayShare: (first, other) => isSmall(first) && isSmall(other) && hasSameLimits(first.user, other.user),
    });
  }

  /**
   * Stores a batch with all its measurements in one transaction, or stores nothing and returns the limit of the user that it would
   * exceed, or the batch of the same request before. Small batches that a user submits at the same time share a transaction.
   * @throws {StorageError} `badText`, `userDisabled`, `tooManyWaiting`
   */
  async accept(
    user: User,
    measurements: readonly NewMeasurement[],
    now: Date,
    { keyId, repeatable, isBulk = measurements.length > MOST_OF_SMALL, trace }: SubmittedWith = { keyId: null },
  ): Promise<Acceptance> {
    return this.#accepting.add({ user, keyId, measurements, isBulk, now, repeatable, trace });
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
   * Marks a batch as cancelled unless all its measurements have ended, and ends its queued measurements with `result`, in whose `failReason`
   * the destination becomes the hop. Measurements under way are not changed. Returns the ids of those that ended.
   */
  async cancel(id: number, result: unknown, now: Date): Promise<number[]> {
    const ended = await withPartitions(this.#db, now, () =>
      this.#db.transaction().execute(async (db) => {
        await sql`
          update batches set cancelled_at = coalesce(cancelled_at, ${now})
          where id = ${id} and exists (select from measurements where batch_id = ${id})`.execute(db);
        return endQueued(db, sql`batch_id = ${id} and state = 'queued'`, result, now);
      }),
    );
    return ended.map((job) => job.id);
  }

  /** Those of the batches `ids` that were cancelled. */
  async cancelledOf(ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return [];
    const cancelled = await this.#db
      .selectFrom('batches')
      .select('id')
      .where('id', 'in', ids)
      .where('cancelled_at', 'is not', null)
      .execute();
    return cancelled.map(({ id }) => id);
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
    return (await readMeasurementsById(this.#db, this.#cold, [id])).at(0);
  }

  /** Ids of the measurements of a batch that have ended. @throws {StorageError} `tooManyRows` above 1,000,000, `coldUnreadable` */
  async endedIn(id: number): Promise<number[]> {
    const range = await this.#rangeOf(id);
    const within = sql`id between ${range.first} and ${range.last}`;
    const { rows } = await sql<{ id: number }>`
      select id from results where batch_id = ${id} and ${within}
      union all
      select id from json_results where batch_id = ${id}
      limit ${MOST_ENDED + 1}`.execute(this.#db);
    const ended = new Set(rows.map((row) => row.id));
    for await (const moved of coldRows(this.#db, this.#cold, { ...range, batchId: id, order: 'asc' })) {
      for (const row of moved) ended.add(row.id);
      if (ended.size > MOST_ENDED) break;
    }
    if (ended.size <= MOST_ENDED) return [...ended];
    const details = { rows: 'measurements of a batch', maximum: MOST_ENDED };
    throw new StorageError('tooManyRows', `there are more than ${MOST_ENDED} ${details.rows}`, details);
  }

  /**
   * Measurements of a batch by id, which is their order in the batch; the limit is at most 100,000, its default.
   * @throws {StorageError} `badLimit`, `coldUnreadable`
   */
  async measurementsOf(
    batchId: number,
    { limit = MOST_OF_BATCH, after = 0 }: MeasurementPage = {},
  ): Promise<MeasurementRow[]> {
    checkedLimit(limit, MOST_OF_BATCH);
    return readMeasurements(this.#db, this.#cold, { batchId, after, results: await this.#rangeOf(batchId), limit });
  }

  /** The outlines of the measurements of a batch after the one with the id `after`; the limit is at most 10,000. @throws {StorageError} `badLimit`, `coldUnreadable` */
  async outlinesOf(batchId: number, { limit, after, routers = false }: OutlinesPage): Promise<MeasurementOutline[]> {
    checkedLimit(limit, MOST_OUTLINES);
    const outlines: MeasurementOutline[] = [];
    for (let last = after; outlines.length < limit; last = outlines[outlines.length - 1].id) {
      const most = Math.min(OUTLINES_AT_ONCE, limit - outlines.length);
      const rows = await this.measurementsOf(batchId, { limit: most, after: last });
      outlines.push(...rows.map((row) => outlineOf(row, routers)));
      if (rows.length < most) break;
    }
    return outlines;
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
      const isNoted = await this.#db.transaction().execute(async (db) => {
        if (table === 'results') await holdResults(db);
        const { rows } = await sql`
          update ${sql.table(table)} set forward_traceroute_id = ${tracerouteId} where id = ${id} and user_id = ${userId}
          returning id`.execute(db);
        return rows.length > 0;
      });
      if (isNoted) return true;
    }
    const [moved] = await readMeasurementsById(this.#db, this.#cold, [id]);
    if (moved?.user_id !== userId) return false;
    await sql`
      insert into cold_forward_traceroutes (measurement_id, forward_traceroute_id) values (${id}, ${tracerouteId})
      on conflict (measurement_id) do update set forward_traceroute_id = excluded.forward_traceroute_id`.execute(
      this.#db,
    );
    return true;
  }

  /** The ids that the results of a batch can have: none before they are records. */
  async #rangeOf(id: number): Promise<ClosedIdRange> {
    const { rows } = await sql<ClosedIdRange>`
      select coalesce(first_id, 1) as first, coalesce(last_id, 0) as last from batches where id = ${id}`.execute(
      this.#db,
    );
    return rows[0] ?? { first: 1, last: 0 };
  }
}

/** Whether a batch may share a transaction: it is small, and no other request means the same batch. */
const isSmall = ({ measurements, repeatable }: BatchRequest): boolean =>
  repeatable === undefined && measurements.length <= MOST_OF_SMALL;

const hasSameLimits = (one: User, other: User): boolean =>
  one.max_per_day === other.max_per_day &&
  one.max_parallel === other.max_parallel &&
  one.max_per_minute === other.max_per_minute;
