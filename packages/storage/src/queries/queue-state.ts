import { type Kysely, sql } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import type { WaitingFlow } from '../queue/fair-turns.ts';
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

/** What one user has queued for one source, and how many measurements that is. */
export interface QueuedFlow extends WaitingFlow {
  readonly queued: number;
}

/** The measurements of a batch that wait for one source. */
export interface Standing extends Pick<QueuedFlow, 'source' | 'isBulk'> {
  readonly own: number;
  /** Measurements of the flow before the first and the last one of the batch. */
  readonly beforeFirst: number;
  readonly beforeLast: number;
}

const MOST_ROWS = 1_000;
const MOST_FLOWS = 10_000;

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

  /** All that is queued, largest first; at most 10,000 flows. Reads the whole queue. */
  async flows(): Promise<readonly QueuedFlow[]> {
    const { rows } = await sql<QueuedFlow>`
      select flow.*, users.weight from (
        select user_id as "userId", source, is_bulk as "isBulk", count(*) as queued
        from measurements where state = 'queued' group by user_id, source, is_bulk
        order by queued desc limit ${MOST_FLOWS}
      ) as flow join users on users.id = flow."userId"`.execute(this.#db);
    return rows;
  }

  /** Where the queued measurements of a batch stand among those of their user, for each source; empty when none is queued. */
  async standingOf(batch: { readonly id: number; readonly user_id: number }): Promise<readonly Standing[]> {
    const { rows } = await sql<Standing>`
      select own.source, own.is_bulk as "isBulk", own.own,
        count(*) filter (where waiting.turn < own.first) as "beforeFirst",
        count(*) filter (where waiting.turn <= own.last) - 1 as "beforeLast"
      from (
        select source, is_bulk, count(*) as own, min(turn) as first, max(turn) as last
        from measurements where batch_id = ${batch.id} and state = 'queued'
        group by source, is_bulk
      ) as own
      join measurements as waiting on waiting.state = 'queued' and waiting.user_id = ${batch.user_id}
        and waiting.source = own.source and waiting.is_bulk = own.is_bulk
      group by own.source, own.is_bulk, own.own`.execute(this.#db);
    return rows;
  }

  /** How many measurements of a batch are under way, and one of their sources; null when none is. */
  async runningOf(batchId: number): Promise<{ readonly running: number; readonly source: string | null }> {
    return this.#db
      .selectFrom('measurements')
      .select(({ fn }) => [fn.countAll<number>().as('running'), fn.min<string | null>('source').as('source')])
      .where('batch_id', '=', batchId)
      .where('state', '=', 'running')
      .executeTakeFirstOrThrow();
  }

  /** Raw probes that have not ended, and when the oldest of them was submitted. */
  async rawProbes(): Promise<{ readonly queued: number; readonly running: number; readonly oldest: Date | null }> {
    // Each state has an index of its own; most probes have ended.
    const { rows } = await sql<{ queued: number; running: number; oldest: Date | null }>`
      select queued.count as queued, running.count as running, least(queued.oldest, running.oldest) as oldest
      from (select count(*)::integer as count, min(created_at) as oldest from probes where state = 'queued') as queued,
        (select count(*)::integer as count, min(created_at) as oldest from probes where state = 'running') as running`.execute(
      this.#db,
    );
    return rows[0] ?? { queued: 0, running: 0, oldest: null };
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
