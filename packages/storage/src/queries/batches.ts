import { type Kysely, sql } from 'kysely';
import type { Batch, MeasurementRow, Schema, User } from '../schema.ts';

/** One measurement to accept. */
export interface NewMeasurement {
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  /** Anything that JSON can hold; given back to whoever runs the measurement. */
  readonly options: unknown;
}

/** Which limit a batch would break, and when to try again (seconds). */
export interface QuotaExceeded {
  readonly limit: 'perDay' | 'parallel' | 'perMinute';
  readonly allowed: number;
  readonly used: number;
  readonly retryAfterSeconds: number;
}

const ROWS_PER_INSERT = 5_000;
const MINUTE_MS = 60_000;

/** Batches and what becomes of them. */
export class Batches {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a batch with all its measurements, or says which of the user's limits it would break. All or nothing. */
  async accept(
    user: User,
    measurements: readonly NewMeasurement[],
    now: Date,
  ): Promise<{ id: number } | QuotaExceeded> {
    return this.#db.transaction().execute(async (db) => {
      await sql`select pg_advisory_xact_lock(7261, ${user.id}::integer)`.execute(db);
      const exceeded = await this.#exceeded(db, user, measurements.length, now);
      if (exceeded !== undefined) return exceeded;
      const { id } = await db
        .insertInto('batches')
        .values({ user_id: user.id, size: measurements.length, created_at: now })
        .returning('id')
        .executeTakeFirstOrThrow();
      for (let first = 0; first < measurements.length; first += ROWS_PER_INSERT) {
        const rows = measurements
          .slice(first, first + ROWS_PER_INSERT)
          .map((row, i) => ({ ...row, position: first + i }));
        await sql`
          insert into measurements (batch_id, user_id, position, source, destination, label, options, state, created_at)
          select ${id}, ${user.id}, position, source, destination, label, options, 'queued', ${now}
          from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            as rows(position integer, source text, destination text, label text, options jsonb)`.execute(db);
      }
      return { id };
    });
  }

  /** Which of the user's limits `size` more measurements would break now. Only {@link accept} decides finally. */
  async exceeded(user: User, size: number, now: Date): Promise<QuotaExceeded | undefined> {
    return this.#exceeded(this.#db, user, size, now);
  }

  async find(id: number): Promise<Batch | undefined> {
    return this.#db.selectFrom('batches').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The measurements of a batch that have ended. */
  async endedIn(id: number): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('measurements')
      .select('id')
      .where('batch_id', '=', id)
      .where('state', '=', 'done')
      .execute();
    return rows.map((row) => row.id);
  }

  async measurementsOf(batchId: number): Promise<MeasurementRow[]> {
    return this.#db
      .selectFrom('measurements')
      .selectAll()
      .where('batch_id', '=', batchId)
      .orderBy('position')
      .execute();
  }

  /** The user's own measurements with a label, oldest first. */
  async labelled(userId: number, label: string): Promise<MeasurementRow[]> {
    return this.#db
      .selectFrom('measurements')
      .selectAll()
      .where('user_id', '=', userId)
      .where('label', '=', label)
      .orderBy('id')
      .execute();
  }

  async #exceeded(db: Kysely<Schema>, user: User, size: number, now: Date): Promise<QuotaExceeded | undefined> {
    const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
    const minuteAgo = new Date(now.getTime() - MINUTE_MS);
    const { today, minute } = await db
      .selectFrom('measurements')
      .select(({ fn }) => [
        fn.countAll<number>().filterWhere('created_at', '>=', midnight).as('today'),
        fn.countAll<number>().filterWhere('created_at', '>', minuteAgo).as('minute'),
      ])
      .where('user_id', '=', user.id)
      .where('created_at', '>=', new Date(Math.min(midnight.getTime(), minuteAgo.getTime())))
      .executeTakeFirstOrThrow();
    const { open } = await db
      .selectFrom('measurements')
      .select(({ fn }) => fn.countAll<number>().as('open'))
      .where('user_id', '=', user.id)
      .where('state', '<>', 'done')
      .executeTakeFirstOrThrow();
    const untilMidnight = Math.ceil((midnight.getTime() + 86_400_000 - now.getTime()) / 1000);
    const limits = [
      { limit: 'perDay', allowed: user.max_per_day, used: today, retryAfterSeconds: untilMidnight },
      { limit: 'parallel', allowed: user.max_parallel, used: open, retryAfterSeconds: 10 },
      { limit: 'perMinute', allowed: user.max_per_minute, used: minute, retryAfterSeconds: 60 },
    ] as const;
    return limits.find(({ allowed, used }) => used + size > allowed);
  }
}
