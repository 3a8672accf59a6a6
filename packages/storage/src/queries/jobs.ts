import { type Kysely, sql } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import type { Room, WaitingFlow } from '../queue/fair-turns.ts';
import { TurnTaking } from '../queue/turn-taking.ts';
import { endQueued } from '../results/end-queued.ts';
import { toResultColumns } from '../results/result-columns.ts';
import { withPartitions } from '../results/result-partitions.ts';
import type { Schema } from '../schema/schema.ts';
import { chosenOnce } from './chosen-once.ts';
import { heldBy, renewLeases } from './held-leases.ts';
import { queueAgain } from './queue-again.ts';

const MOST_LEASED = 10_000;
const MOST_FLOWS = 10_000;
const MOST_EXPIRED = 1_000;
/** Sorts after every dotted quad, in every collation. */
const LAST_SOURCE = 'z';
/** How often jobs are looked for whose leases have ended, milliseconds. */
const RECOVER_EVERY_MS = 1_000;

/** A measurement to run. Addresses are dotted quads. */
export interface Job {
  readonly id: number;
  readonly batchId: number;
  readonly userId: number;
  /** The API key that submitted the batch; null when none did, or when it is deleted. */
  readonly keyId: number | null;
  /** Whether its batch was cancelled when the job was leased. */
  readonly isCancelled: boolean;
  /** Whether its batch is large. */
  readonly isBulk: boolean;
  readonly submittedAt: Date;
  /** Context of the trace of the request that submitted the batch. */
  readonly trace: string | null;
  readonly source: string;
  readonly destination: string;
  /** As submitted; the reader must parse them with a schema. */
  readonly options: unknown;
}

/** A measurement that has ended. */
export interface FinishedJob {
  readonly id: number;
  /** Any value that JSON can represent. */
  readonly result: unknown;
}

/**
 * The queue of measurements. A job is leased to one owner for a limited time. When the lease ends without a result, another owner can take the
 * job, so a crash loses none. A job leaves the queue in the transaction that stores its result.
 */
export class Jobs {
  readonly #db: Kysely<Schema>;
  readonly #turns = new TurnTaking();
  #recoveredAt = Number.NEGATIVE_INFINITY;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** There may be jobs of users or sources that had none: the next lease looks for them. */
  noteNew(): void {
    this.#turns.noteNew();
    this.#recoveredAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * Leases up to `count` jobs (at most 10,000) to `owner` until `until`: first those whose lease ended before `now`, then queued
   * ones in the order that {@link FairTurns} describes. At most `mostBulk` of the latter come from large batches. Looks for leases that have
   * ended once a second. @throws {StorageError} `badLimit`
   */
  async lease(owner: string, count: number, now: Date, until: Date, mostBulk = count): Promise<Job[]> {
    return this.#lease(undefined, owner, { all: count, bulk: mostBulk }, now, until);
  }

  /**
   * Leases jobs of the sources (dotted quads), as {@link lease}, for the process that owns them. Jobs that an earlier owner of the source held come first.
   * @throws {StorageError} `badLimit`
   */
  async leaseOf(
    sources: readonly string[],
    ...[owner, count, now, until, mostBulk = count]: Parameters<Jobs['lease']>
  ): Promise<Job[]> {
    return this.#lease(sources, owner, { all: count, bulk: mostBulk }, now, until);
  }

  async #lease(
    sources: readonly string[] | undefined,
    owner: string,
    { all, bulk }: Required<Room>,
    now: Date,
    until: Date,
  ): Promise<Job[]> {
    const most = checkedLimit(all, MOST_LEASED);
    const recovered = await this.#recover(sources, owner, most, now, until);
    if (recovered.length === most) return recovered;
    const queued = await this.#turns.take({ all: most - recovered.length, bulk }, now.getTime(), {
      flows: () => this.#flows(sources),
      take: (shares) => {
        return this.#take(owner, until, sql`select queued_jobs(${JSON.stringify(shares)}::jsonb)`);
      },
    });
    return [...recovered, ...queued];
  }

  /** Takes jobs whose leases have ended, and those of the sources that another process holds. */
  async #recover(
    sources: readonly string[] | undefined,
    owner: string,
    most: number,
    now: Date,
    until: Date,
  ): Promise<Job[]> {
    if (Math.abs(now.getTime() - this.#recoveredAt) < RECOVER_EVERY_MS) return [];
    const isLost =
      sources === undefined
        ? sql`lease_until < ${now}`
        : sql`(lease_owner <> ${owner} or lease_until < ${now}) and source in (${listOf(sources)})`;
    const recovered = await this.#take(
      owner,
      until,
      sql`
        select id from measurements where state = 'running' and ${isLost}
        order by lease_until limit ${most} for update skip locked`,
    );
    if (recovered.length < most) this.#recoveredAt = now.getTime();
    return recovered;
  }

  /** What has queued jobs. */
  async #flows(sources: readonly string[] | undefined): Promise<readonly WaitingFlow[]> {
    const flows =
      sources === undefined
        ? sql`queued_flows('', ${LAST_SOURCE}, ${MOST_FLOWS})`
        : sql`(${listOf(sources)}) as owned, queued_flows(owned.source, owned.source, ${MOST_FLOWS})`;
    const { rows } = await sql<WaitingFlow>`
      select flow.source, flow.user_id as "userId", flow.is_bulk as "isBulk", users.weight
      from ${flows} as flow join users on users.id = flow.user_id
      limit ${MOST_FLOWS}`.execute(this.#db);
    return rows;
  }

  /**
   * Ends queued jobs that were submitted before `before`, at most 1,000, with `result`, in whose `failReason` the destination becomes the hop.
   * Returns what has ended.
   */
  async expire(before: Date, result: unknown, now: Date): Promise<readonly Pick<Job, 'id' | 'batchId'>[]> {
    const isStale = sql<boolean>`id in (${chosenOnce(sql`select stale_jobs(${before}, ${MOST_EXPIRED})`)})`;
    const ended = await withPartitions(this.#db, now, () =>
      this.#db.transaction().execute((db) => endQueued(db, isStale, result, now)),
    );
    return ended.map(({ id, batch_id }) => ({ id, batchId: batch_id }));
  }

  /** Ends the leases that `owner` has on jobs of a source (dotted quad). The jobs are queued again. */
  async releaseOf(source: string, owner: string): Promise<void> {
    await queueAgain(this.#db, 'measurements', { owner, source });
  }

  /**
   * Extends the leases that `owner` has on the jobs with these ids to `until`. Its other leases end in time: the answer to `lease` may
   * have been lost on the way to `owner`.
   */
  async renew(owner: string, ids: readonly number[], until: Date): Promise<void> {
    await renewLeases(this.#db, 'measurements', { owner, ids, until });
  }

  /** Ends the leases of `owner`, or all leases when none is given. The jobs are queued again. */
  async release(owner?: string): Promise<void> {
    await queueAgain(this.#db, 'measurements', { owner });
  }

  /**
   * Stores the results of jobs that are leased to `owner` and returns their ids; other jobs are not changed. Characters in a
   * result that the database cannot store are replaced by U+FFFD: the result of a measurement is never refused. Results to public sources
   * whose users agreed to the public archive wait for it from now on.
   */
  async finish(owner: string, finished: readonly FinishedJob[], now: Date): Promise<number[]> {
    if (finished.length === 0) return [];
    // One parameter per value: an array of results costs the embedded database four times as much.
    const values = sql.join(
      inLockOrder(finished).map(({ id, result }) => {
        const { record, stopReason, networks } = toResultColumns(result);
        return sql`(${id}::bigint, ${stopReason}::smallint, ${networks}::integer[], ${record}::bytea)`;
      }),
    );
    const stored = (text: ReturnType<typeof sql>) => sql`(${text}::inet - '128.0.0.0'::inet)::integer`;
    const store = sql<{ id: number }>`
      with held as materialized (
        select done.*
        from (values ${values}) as done(id, stop_reason, networks, record), lateral (${heldBy('measurements', owner, sql`done.id`)}) as held
      ), ended as (
        delete from measurements using held where measurements.id = held.id
        returning measurements.id, batch_id, user_id, source, destination, label, options, created_at, forward_traceroute_id,
          held.stop_reason, held.networks, held.record
      ), stored as (
        insert into results (id, batch_id, created_at, ended_at, user_id, source, destination, stop_reason, label, networks, options, record,
          forward_traceroute_id)
        select id, batch_id, created_at, ${now}, user_id, ${stored(sql`source`)}, ${stored(sql`destination`)}, stop_reason, label,
          networks, options, record, forward_traceroute_id
        from ended
      ), pending as (
        insert into archive_pending (measurement_id, day)
        select ended.id, (${now}::timestamptz at time zone 'UTC')::date from ended
        join users on users.id = ended.user_id and users.archive_consent_at <= ended.created_at
        join agents on agents.address = ended.source and agents.visibility = 'public'
      )
      select id from ended`;
    const { rows } = await withPartitions(this.#db, now, () => store.execute(this.#db));
    return rows.map(({ id }) => id);
  }

  /** Leases the jobs whose ids `selection` selects. */
  async #take(owner: string, until: Date, selection: ReturnType<typeof sql>): Promise<Job[]> {
    const { rows } = await sql<Job>`
      update measurements set state = 'running', lease_owner = ${owner}, lease_until = ${until}
      where id in (${chosenOnce(selection)})
      returning id, batch_id as "batchId", user_id as "userId",
        (select key_id from batches where batches.id = batch_id) as "keyId",
        (select cancelled_at is not null from batches where batches.id = batch_id) as "isCancelled",
        (select trace from batches where batches.id = batch_id) as "trace",
        is_bulk as "isBulk", created_at as "submittedAt", source, destination, options`.execute(this.#db);
    return rows;
  }
}

/** Statements lock jobs in the order of their ids: two that lock the same jobs in different orders wait for each other. */
const inLockOrder = (finished: readonly FinishedJob[]): readonly FinishedJob[] =>
  [...finished].sort((a, b) => a.id - b.id);

const listOf = (sources: readonly string[]): ReturnType<typeof sql> => sql`
  select source from jsonb_array_elements_text(${JSON.stringify(sources)}::jsonb) as listed(source)`;
