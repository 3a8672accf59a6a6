import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';

/** A measurement to run. */
export interface Job {
  readonly id: number;
  readonly batchId: number;
  readonly userId: number;
  readonly source: string;
  readonly destination: string;
  readonly options: unknown;
}

/** A measurement that has ended. */
export interface FinishedJob {
  readonly id: number;
  /** Anything that JSON can hold. */
  readonly result: unknown;
}

/**
 * The queue of measurements, in the same table as their results. A job is lent for a while and lent again when its
 * borrower does not come back, so that no crash loses one.
 */
export class Jobs {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Lends up to `count` jobs to `owner` until `until`: first those whose lease ended before `now`, then waiting ones. */
  async lease(owner: string, count: number, now: Date, until: Date): Promise<Job[]> {
    const overdue = await this.#take(
      owner,
      count,
      until,
      sql`state = 'running' and lease_until < ${now}`,
      sql`lease_until`,
    );
    if (overdue.length === count) return overdue;
    return [
      ...overdue,
      ...(await this.#take(owner, count - overdue.length, until, sql`state = 'queued'`, sql`position, id`)),
    ];
  }

  /** Prolongs the leases of everything `owner` still has. */
  async renew(owner: string, until: Date): Promise<void> {
    await this.#db
      .updateTable('measurements')
      .set({ lease_until: until })
      .where('state', '=', 'running')
      .where('lease_owner', '=', owner)
      .execute();
  }

  /** Gives back what `owner`, or without one anybody, has not finished, to be run by others at once. */
  async release(owner?: string): Promise<void> {
    await this.#db
      .updateTable('measurements')
      .set({ state: 'queued', lease_owner: null, lease_until: null })
      .where('state', '=', 'running')
      .$if(owner !== undefined, (query) => query.where('lease_owner', '=', owner ?? null))
      .execute();
  }

  /** Stores results of jobs that `owner` holds; those lent to another meanwhile are left alone. Returns the ids stored. */
  async finish(owner: string, finished: readonly FinishedJob[], now: Date): Promise<number[]> {
    if (finished.length === 0) return [];
    // One parameter a result: an array of them costs the embedded database four times as much.
    const values = sql.join(finished.map(({ id, result }) => sql`(${id}::bigint, ${JSON.stringify(result)}::json)`));
    const { rows } = await sql<{ id: number }>`
      update measurements
      set state = 'done', lease_owner = null, lease_until = null, ended_at = ${now}, result = done.result
      from (values ${values}) as done(id, result)
      where measurements.id = done.id and measurements.state = 'running' and measurements.lease_owner = ${owner}
      returning measurements.id`.execute(this.#db);
    return rows.map(({ id }) => id);
  }

  async #take(
    owner: string,
    count: number,
    until: Date,
    which: ReturnType<typeof sql>,
    order: ReturnType<typeof sql>,
  ): Promise<Job[]> {
    const { rows } = await sql<Job>`
      update measurements set state = 'running', lease_owner = ${owner}, lease_until = ${until}
      where id in (
        select id from measurements where ${which} order by ${order} limit ${count} for update skip locked)
      returning id, batch_id as "batchId", user_id as "userId", source, destination, options`.execute(this.#db);
    return rows;
  }
}
