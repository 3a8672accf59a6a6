import { type Kysely, sql } from 'kysely';
import { jsonRows } from '../access/json-rows.ts';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { toCleanJson } from '../access/text.ts';
import { AcceptByUser } from '../queue/accept-by-user.ts';
import {
  exceededOf,
  type LimitUse,
  limitsWith,
  limitUse,
  lockLimitsToAccept,
  type QuotaExceeded,
} from '../queue/limit-use.ts';
import { TurnTaking } from '../queue/turn-taking.ts';
import type { ProbeRow, ProbeSet } from '../schema/probes.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';
import { chosenOnce } from './chosen-once.ts';
import { renewLeases } from './held-leases.ts';
import { queueAgain } from './queue-again.ts';

/** A raw probe to send. */
export interface ProbeJob {
  readonly id: number;
  readonly setId: number;
  readonly userId: number;
  /** The API key of the request; null when there was none, or when it is deleted. */
  readonly keyId: number | null;
  readonly createdAt: Date;
  /** As submitted; the reader must parse it with a schema. */
  readonly request: unknown;
}

const MOST_LEASED = 1_000;
const MOST_USERS = 10_000;
/** The flow of a user: raw probes have no owner of their source, and all sets are small. */
const FLOW = { source: '', isBulk: true };
const MOST_OF_SET = 10_000;

interface SetRequest {
  readonly user: User;
  readonly requests: readonly unknown[];
  readonly now: Date;
  readonly keyId: number | null;
}

interface AcceptedSet {
  readonly id: number;
  readonly limits: readonly LimitUse[];
}

/** Sets of raw probes, and the queue of the probes that are not sent yet. */
export class ProbeSets {
  readonly #db: Kysely<Schema>;
  readonly #turns = new TurnTaking();

  readonly #accepting: AcceptByUser<SetRequest, AcceptedSet | QuotaExceeded>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
    this.#accepting = new AcceptByUser({
      run: async (requests) => [await acceptSet(db, requests[0])],
      mayShare: () => false,
    });
  }

  /** There may be probes of users who had none: the next lease looks for them. */
  noteNew(): void {
    this.#turns.noteNew();
  }

  /**
   * Stores a set of probes, or stores nothing and returns the limit of the user that it would exceed. Each probe counts as a measurement.
   * `requests` are values that JSON can represent. @throws {StorageError} `badText`, `userDisabled`, `tooManyWaiting`
   */
  async accept(
    user: User,
    requests: readonly unknown[],
    now: Date,
    keyId: number | null,
  ): Promise<AcceptedSet | QuotaExceeded> {
    return this.#accepting.add({ user, requests, now, keyId });
  }

  /** Which of the user's limits `size` more probes would break now. Only {@link accept} decides finally. */
  async exceeded(user: User, size: number, now: Date): Promise<QuotaExceeded | undefined> {
    return exceededOf(await limitUse(this.#db, user, now), size);
  }

  /** A set; `undefined` when there is none. */
  async find(id: number): Promise<ProbeSet | undefined> {
    return this.#db.selectFrom('probe_sets').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The latest sets of a user before the one with the id `before`, newest first, with the number of their probes that have ended. */
  async latestOf(userId: number, limit: number, before?: number): Promise<(ProbeSet & { readonly done: number })[]> {
    return this.#db
      .selectFrom('probe_sets')
      .selectAll()
      .select(({ selectFrom, ref }) =>
        selectFrom('probes')
          .select(({ fn }) => fn.countAll<number>().as('done'))
          .where('probes.set_id', '=', ref('probe_sets.id'))
          .where('probes.state', '=', 'done')
          .$asScalar()
          .$notNull()
          .as('done'),
      )
      .where('user_id', '=', userId)
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** The probes of a set, in order. */
  async probesOf(setId: number): Promise<ProbeRow[]> {
    return this.#db
      .selectFrom('probes')
      .selectAll()
      .where('set_id', '=', setId)
      .orderBy('position')
      .limit(MOST_OF_SET)
      .execute();
  }

  /** The ids of the probes of a set that have ended. */
  async endedIn(setId: number): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('probes')
      .select('id')
      .where('set_id', '=', setId)
      .where('state', '=', 'done')
      .limit(MOST_OF_SET)
      .execute();
    return rows.map(({ id }) => id);
  }

  /**
   * Leases up to `count` probes (at most 1,000) to `owner` until `until`: first those whose lease ended before `now`, then queued ones in shares
   * for the users who wait, by weight. The sets of a user take turns. @throws {StorageError} `badLimit`
   */
  async lease(owner: string, count: number, now: Date, until: Date): Promise<ProbeJob[]> {
    const most = checkedLimit(count, MOST_LEASED);
    const overdue = await this.#take(
      owner,
      until,
      sql`
        select id from probes where state = 'running' and lease_until < ${now}
        order by lease_until limit ${most} for update skip locked`,
    );
    if (overdue.length === most) return overdue;
    const queued = await this.#turns.take({ all: most - overdue.length }, now.getTime(), {
      flows: async () => (await this.#waitingUsers()).map((user) => ({ ...FLOW, ...user })),
      take: async (shares) => {
        const selection = sql`
          select first.id from jsonb_to_recordset(${JSON.stringify(shares)}::jsonb) as share("userId" bigint, most integer),
          lateral (
            select id from probes where state = 'queued' and user_id = share."userId"
            order by position, id limit share.most for update skip locked
          ) as first`;
        return (await this.#take(owner, until, selection)).map((job) => ({ ...FLOW, ...job }));
      },
    });
    return [...overdue, ...queued];
  }

  /** Extends leases that `owner` has on probes until `until`. */
  async renew(owner: string, ids: readonly number[], until: Date): Promise<void> {
    await renewLeases(this.#db, 'probes', { owner, ids, until });
  }

  /** Ends the leases of `owner`, or all leases when none is given. The probes are queued again. */
  async release(owner?: string): Promise<void> {
    await queueAgain(this.#db, 'probes', { owner });
  }

  /** Stores the result of a probe that is leased to `owner`. Returns whether it was. `result`: any value that JSON can represent. */
  async finish(owner: string, id: number, result: unknown, now: Date): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('probes')
      .set({ state: 'done', lease_owner: null, lease_until: null, ended_at: now, result: toCleanJson(result) })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .where('lease_owner', '=', owner)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  /** Deletes the sets that were submitted before a time, with their probes. */
  async deleteBefore(time: Date): Promise<void> {
    await this.#db.deleteFrom('probe_sets').where('created_at', '<', time).execute();
  }

  /** The users who have queued probes. */
  async #waitingUsers(): Promise<readonly { readonly userId: number; readonly weight: number }[]> {
    return this.#db
      .selectFrom('users')
      .select(['id as userId', 'weight'])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('probes')
            .select('probes.id')
            .whereRef('probes.user_id', '=', 'users.id')
            .where('probes.state', '=', 'queued'),
        ),
      )
      .limit(MOST_USERS)
      .execute();
  }

  /** Leases the probes whose ids `selection` selects. */
  async #take(owner: string, until: Date, selection: ReturnType<typeof sql>): Promise<ProbeJob[]> {
    const { rows } = await sql<ProbeJob>`
      update probes set state = 'running', lease_owner = ${owner}, lease_until = ${until}
      where id in (${chosenOnce(selection)})
      returning id, set_id as "setId", user_id as "userId",
        (select key_id from probe_sets where probe_sets.id = set_id) as "keyId", created_at as "createdAt", request`.execute(
      this.#db,
    );
    return rows;
  }
}

async function acceptSet(
  database: Kysely<Schema>,
  { user, requests, now, keyId }: SetRequest,
): Promise<AcceptedSet | QuotaExceeded> {
  return database.transaction().execute(async (db) => {
    await lockLimitsToAccept(db, user);
    const limits = await limitUse(db, user, now);
    const exceeded = exceededOf(limits, requests.length);
    if (exceeded !== undefined) return exceeded;
    const { id } = await db
      .insertInto('probe_sets')
      .values({ user_id: user.id, key_id: keyId, size: requests.length, created_at: now })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const rows of jsonRows(requests.map((request, position) => ({ position, request }))))
      await sql`
        insert into probes (set_id, user_id, position, request, state, created_at)
        select ${id}, ${user.id}, row.position, row.request, 'queued', ${now}
        from jsonb_to_recordset(${rows}::jsonb) as row(position integer, request jsonb)`.execute(db);
    return { id, limits: limitsWith(limits, requests.length) };
  });
}
