import { type Kysely, sql } from 'kysely';
import { allRows, checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { toJson } from '../access/text.ts';
import type { Batch, MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';
import { exceededOf, type LimitUse, limitUse, lockLimits, type QuotaExceeded } from './limit-use.ts';

/** One measurement to submit. */
export interface NewMeasurement {
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  /** Any value that JSON can represent; the runner of the measurement gets it back. */
  readonly options: unknown;
}

/** A batch that was stored, and how much of each limit of the user is used with it. */
export interface Accepted {
  readonly id: number;
  readonly limits: readonly LimitUse[];
}

/** A request that may be repeated: the same user, key and hash mean the same batch for a day. */
export interface RepeatableRequest {
  readonly key: string;
  readonly hash: string;
  /** Pairs that the answer names as left out; any value that JSON can represent. */
  readonly rejected: unknown;
}

/** The batch that a request with the same key submitted before. */
export interface Repeated extends Pick<Batch, 'rejected'> {
  readonly repeatedId: number;
  /** Whether the request before was another one. */
  readonly isOther: boolean;
}

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
}

/** What a list of a batch's measurements shows, without their hops. */
export interface MeasurementOutline {
  readonly id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly state: 'queued' | 'running' | 'done';
  /** JSON of the result, read with paths: null where the result has no such value. */
  readonly stop_reason: string | null;
  readonly fail_code: string | null;
  readonly confidence: number | null;
  readonly duration_ms: number | null;
  readonly hops: number | null;
  /** Round-trip time of the destination. */
  readonly rtt_ms: number | null;
  /** AS numbers and trust of the hops that have them, from the destination to the source. */
  readonly asns: unknown;
  readonly trusts: unknown;
  /** Address and AS number of every hop as a pair, the latter null where it is not known; null when they were not asked for. */
  readonly routers: unknown;
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
  /** Return rows after this one: a position in a batch, or the id of a measurement for a label. */
  readonly after?: number;
}

const MOST_OF_BATCH = 100_000;
const MOST_LABELLED = 10_000;
const MOST_ENDED = 1_000_000;
const ROWS_PER_INSERT = 5_000;
const REPEATABLE_MS = 86_400_000;

/** Batches and their measurements. */
export class Batches {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores a batch with all its measurements in one transaction, or stores nothing and returns the limit of the user that it would
   * exceed, or the batch of the same request before. @throws {StorageError} `badText`
   */
  async accept(
    user: User,
    measurements: readonly NewMeasurement[],
    now: Date,
    { keyId, repeatable }: SubmittedWith = { keyId: null },
  ): Promise<Accepted | QuotaExceeded | Repeated> {
    return this.#db.transaction().execute(async (db) => {
      await lockLimits(db, user);
      if (repeatable !== undefined) {
        const before = await repeatedBy(db, user, repeatable, now);
        if (before !== undefined) return before;
        await db
          .updateTable('batches')
          .set({ idempotency_key: null })
          .where('user_id', '=', user.id)
          .where('idempotency_key', '=', repeatable.key)
          .execute();
      }
      const limits = await limitUse(db, user, now);
      const exceeded = exceededOf(limits, measurements.length);
      if (exceeded !== undefined) return exceeded;
      const { id } = await db
        .insertInto('batches')
        .values({
          ...{ user_id: user.id, key_id: keyId, size: measurements.length, created_at: now },
          ...(repeatable !== undefined && {
            idempotency_key: repeatable.key,
            request_hash: repeatable.hash,
            rejected: toJson(repeatable.rejected),
          }),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      for (let first = 0; first < measurements.length; first += ROWS_PER_INSERT) {
        const rows = measurements
          .slice(first, first + ROWS_PER_INSERT)
          .map((row, i) => ({ ...row, position: first + i }));
        await sql`
          insert into measurements (batch_id, user_id, position, source, destination, label, options, state, created_at)
          select ${id}, ${user.id}, position, source, destination, label, options, 'queued', ${now}
          from jsonb_to_recordset(${toJson(rows)}::jsonb)
            as rows(position integer, source text, destination text, label text, options jsonb)`.execute(db);
      }
      return { id, limits: limits.map((limit) => ({ ...limit, used: limit.used + measurements.length })) };
    });
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
    return this.#db.transaction().execute(async (db) => {
      await sql`update batches set cancelled_at = coalesce(cancelled_at, ${now}) where id = ${id}`.execute(db);
      const { rows } = await sql<{ id: number }>`
        update measurements set state = 'done', ended_at = ${now},
          result = jsonb_set(${toJson(result)}::jsonb, '{failReason,hop}', to_jsonb(destination))::json
        where batch_id = ${id} and state = 'queued'
        returning id`.execute(db);
      return rows.map((row) => row.id);
    });
  }

  /** Ids of the batches of a user that have measurements which have not ended; at most as many as the user may have in parallel. */
  async openOf(userId: number): Promise<number[]> {
    const open = await this.#db
      .selectFrom('measurements')
      .select('batch_id')
      .distinct()
      .where('user_id', '=', userId)
      .where('state', '<>', 'done')
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
    return this.#db.selectFrom('measurements').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Ids of the measurements of a batch that have ended. @throws {StorageError} `tooManyRows` above 1,000,000 */
  async endedIn(id: number): Promise<number[]> {
    const ended = this.#db
      .selectFrom('measurements')
      .select('id')
      .where('batch_id', '=', id)
      .where('state', '=', 'done');
    return (await allRows(ended, 'measurements of a batch', MOST_ENDED)).map((row) => row.id);
  }

  /**
   * Measurements of a batch by position; the limit is at most 100,000, its default. @throws {StorageError} `badLimit`
   */
  async measurementsOf(
    batchId: number,
    { limit = MOST_OF_BATCH, after = -1 }: MeasurementPage = {},
  ): Promise<MeasurementRow[]> {
    return this.#db
      .selectFrom('measurements')
      .selectAll()
      .where('batch_id', '=', batchId)
      .where('position', '>', after)
      .orderBy('position')
      .limit(checkedLimit(limit, MOST_OF_BATCH))
      .execute();
  }

  /** The outlines of the measurements of a batch after the one with the id `after`; the limit is at most 10,000. @throws {StorageError} `badLimit` */
  async outlinesOf(batchId: number, { limit, after, routers = false }: OutlinesPage): Promise<MeasurementOutline[]> {
    const hopPairs = sql`(
      select jsonb_agg(jsonb_build_array(hop->'address', hop->'asn') order by position)
      from jsonb_array_elements(parsed->'hops') with ordinality as hops(hop, position))`;
    const { rows } = await sql<MeasurementOutline>`
      select id, source, destination, label, state,
        parsed->>'stopReason' as stop_reason,
        parsed->'failReason'->>'code' as fail_code,
        (parsed->>'confidence')::double precision as confidence,
        (parsed->>'endedAt')::double precision - (parsed->>'startedAt')::double precision as duration_ms,
        jsonb_array_length(parsed->'hops') as hops,
        (parsed->'hops'->0->>'rttMs')::double precision as rtt_ms,
        jsonb_path_query_array(parsed, '$.hops[*].**{0 to 1}.asn') as asns,
        jsonb_path_query_array(parsed, '$.hops[*].trust') as trusts,
        ${routers ? hopPairs : sql`null::jsonb`} as routers
      from (
        -- The limit keeps PostgreSQL from parsing the result once for each value that is read from it.
        select id, source, destination, label, state, result::jsonb as parsed
        from measurements where batch_id = ${batchId} and id > ${after}
        order by id limit ${checkedLimit(limit, MOST_LABELLED)}
      ) as page
      order by id`.execute(this.#db);
    return rows;
  }

  /** How many measurements of a batch have ended. */
  async countDone(id: number): Promise<number> {
    const { done } = await this.#db
      .selectFrom('measurements')
      .select(({ fn }) => fn.countAll<number>().as('done'))
      .where('batch_id', '=', id)
      .where('state', '=', 'done')
      .executeTakeFirstOrThrow();
    return done;
  }

  /**
   * The latest batches of a user before the one with the id `before`, newest first, without those of watches; at most 1,000.
   * @throws {StorageError} `badLimit`
   */
  async latestOf(userId: number, limit = MOST_LISTED, before?: number): Promise<BatchProgress[]> {
    const { rows } = await sql<BatchProgress>`
      with open as materialized (
        select batch_id, count(*) as count from measurements where user_id = ${userId} and state <> 'done' group by batch_id)
      select id, size, created_at, cancelled_at, size - coalesce(open.count, 0) as done
      from batches left join open on open.batch_id = batches.id
      where user_id = ${userId} and watch_id is null and id < ${before ?? Number.MAX_SAFE_INTEGER}
      order by id desc limit ${checkedLimit(limit, MOST_LISTED)}`.execute(this.#db);
    return rows;
  }

  /** Notes the number of a forward traceroute with a measurement of a user. Returns whether the user has such a measurement. */
  async noteForwardTraceroute(userId: number, id: number, tracerouteId: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('measurements')
      .set({ forward_traceroute_id: tracerouteId })
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /**
   * The user's own measurements with a label, oldest first; the limit is at most 10,000, its default.
   * @throws {StorageError} `badLimit`, `badText`
   */
  async labelled(
    userId: number,
    label: string,
    { limit = MOST_LABELLED, after = 0 }: MeasurementPage = {},
  ): Promise<MeasurementRow[]> {
    return this.#db
      .selectFrom('measurements')
      .selectAll()
      .where('user_id', '=', userId)
      .where('label', '=', label)
      .where('id', '>', after)
      .orderBy('id')
      .limit(checkedLimit(limit, MOST_LABELLED))
      .execute();
  }
}

async function repeatedBy(
  db: Kysely<Schema>,
  user: User,
  { key, hash }: Pick<RepeatableRequest, 'key' | 'hash'>,
  now: Date,
): Promise<Repeated | undefined> {
  const found = await db
    .selectFrom('batches')
    .select(['id', 'request_hash', 'rejected'])
    .where('user_id', '=', user.id)
    .where('idempotency_key', '=', key)
    .where('created_at', '>', new Date(now.getTime() - REPEATABLE_MS))
    .executeTakeFirst();
  return found && { repeatedId: found.id, isOther: found.request_hash !== hash, rejected: found.rejected };
}
