import type { Kysely } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';

/** The measurements of one user that have not ended. */
export interface UserQueue {
  readonly user_id: number;
  readonly queued: number;
  readonly running: number;
  /** When the oldest of them was submitted. */
  readonly oldest: Date;
}

/** The measurements that one process of the controller holds. */
export interface LeaseHolder {
  /** Random identifier of the process. */
  readonly owner: string;
  readonly measurements: number;
  /** When the first of its leases ends, unless the process renews it. */
  readonly first_end: Date;
}

const MOST_ROWS = 1_000;

/** What is in the queue of measurements, for operators. */
export class QueueState {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The users with measurements that have not ended, most measurements first. @throws {StorageError} `badLimit` */
  async users(limit: number): Promise<readonly UserQueue[]> {
    return this.#db
      .selectFrom('measurements')
      .select(({ fn }) => [
        'user_id',
        fn.countAll<number>().filterWhere('state', '=', 'queued').as('queued'),
        fn.countAll<number>().filterWhere('state', '=', 'running').as('running'),
        fn.min<Date>('created_at').as('oldest'),
      ])
      .groupBy('user_id')
      .orderBy(({ fn }) => fn.countAll(), 'desc')
      .orderBy('user_id')
      .limit(checkedLimit(limit, MOST_ROWS))
      .execute();
  }

  /** The processes that hold leases, most measurements first. @throws {StorageError} `badLimit` */
  async holders(limit: number): Promise<readonly LeaseHolder[]> {
    return this.#db
      .selectFrom('measurements')
      .select(({ fn, val }) => [
        fn.coalesce('lease_owner', val('')).as('owner'),
        fn.countAll<number>().as('measurements'),
        fn.min<Date>('lease_until').as('first_end'),
      ])
      .where('state', '=', 'running')
      .groupBy('lease_owner')
      .orderBy(({ fn }) => fn.countAll(), 'desc')
      .limit(checkedLimit(limit, MOST_ROWS))
      .execute();
  }

  /** All measurements that have not ended. */
  async totals(): Promise<{ readonly queued: number; readonly running: number; readonly oldest: Date | null }> {
    return this.#db
      .selectFrom('measurements')
      .select(({ fn }) => [
        fn.countAll<number>().filterWhere('state', '=', 'queued').as('queued'),
        fn.countAll<number>().filterWhere('state', '=', 'running').as('running'),
        fn.min<Date | null>('created_at').as('oldest'),
      ])
      .executeTakeFirstOrThrow();
  }
}
