import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { isRefusedWith } from '../errors.ts';
import type { Application } from '../schema/agents.ts';
import type { Schema } from '../schema/schema.ts';
import type { NewUser, User } from '../schema/users.ts';
import { registerAgent } from './agents.ts';
import { insertUser } from './users.ts';

/** What an applicant states. `address` is a dotted quad. */
export type NewApplication = Pick<Application, 'address' | 'hosting' | 'name' | 'email' | 'reason'>;

/** An application that was approved, the owner of the source, and whether the account is new. */
export interface Approval {
  readonly application: Application;
  readonly owner: User;
  readonly isNewOwner: boolean;
}

/** Why an application cannot be approved. Nothing has changed then. */
export type ApprovalRefusal = 'notPending' | 'addressRegistered' | 'accountExists';

/** Unverified applications are deleted after this time. */
const UNVERIFIED_MS = 7 * 86_400_000;
const LONGEST_SITE = 200;
/** SQLSTATE of a row that a unique index forbids. */
const UNIQUE_VIOLATION = '23505';

/** Thrown inside a transaction to undo it. */
class Refused extends Error {
  readonly refusal: ApprovalRefusal;

  constructor(refusal: ApprovalRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** Applications of people who want to host sources. */
export class Applications {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores an application about which operators can decide; `undefined` when one for its address is pending. `userId` is the account
   * that applied. @throws {StorageError} `badText`
   */
  async add(application: NewApplication, userId: number | null = null): Promise<Application | undefined> {
    return this.#db
      .insertInto('applications')
      .values({ ...application, state: 'pending', user_id: userId })
      .onConflict((conflict) => conflict.column('address').where('state', '=', 'pending').doNothing())
      .returningAll()
      .executeTakeFirst();
  }

  /**
   * Stores an application whose e-mail address is not verified. Those of the last week are kept, and several may name one address.
   * @throws {StorageError} `badText`
   */
  async addUnverified(application: NewApplication, now: Date): Promise<Application> {
    await this.#db
      .deleteFrom('applications')
      .where('state', '=', 'unverified')
      .where('created_at', '<', new Date(now.getTime() - UNVERIFIED_MS))
      .execute();
    return this.#db
      .insertInto('applications')
      .values({ ...application, state: 'unverified', user_id: null, created_at: now })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /**
   * Makes an unverified application pending and returns it; `undefined` when there is none with this id, or when another one for its
   * address is pending.
   */
  async verify(id: number): Promise<Application | undefined> {
    try {
      return await this.#db
        .updateTable('applications')
        .set({ state: 'pending' })
        .where('id', '=', id)
        .where('state', '=', 'unverified')
        .returningAll()
        .executeTakeFirst();
    } catch (error) {
      if (isRefusedWith(error, UNIQUE_VIOLATION)) return undefined;
      throw error;
    }
  }

  /** The application with an id. */
  async find(id: number): Promise<Application | undefined> {
    return this.#db.selectFrom('applications').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Applications in a state, or all, newest first; `limit` is at most 1,000, its default. @throws {StorageError} `badLimit` */
  async list(state?: Application['state'], limit = MOST_LISTED): Promise<Application[]> {
    return this.#db
      .selectFrom('applications')
      .selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'pending'))
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /**
   * The applications of a user, newest first, at most 1,000: those that the account sent, and those whose sender has shown to own the
   * e-mail address of the account.
   */
  async of({ id, email }: Pick<User, 'id' | 'email'>, state?: Application['state']): Promise<Application[]> {
    return this.#db
      .selectFrom('applications')
      .selectAll()
      .where(({ eb, or, and }) =>
        or([eb('user_id', '=', id), and([eb('email', '=', email.toLowerCase()), eb('state', '<>', 'unverified')])]),
      )
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'pending'))
      .orderBy('id', 'desc')
      .limit(MOST_LISTED)
      .execute();
  }

  /** How many applications of an account are pending. */
  async countPending(userId: number): Promise<number> {
    const { count } = await this.#db
      .selectFrom('applications')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', userId)
      .where('state', '=', 'pending')
      .executeTakeFirstOrThrow();
    return count;
  }

  /** Decides a pending application and returns it; `undefined` when it is not pending. @throws {StorageError} `badText` */
  async decide(
    id: number,
    decision: { readonly state: 'approved' | 'refused'; readonly note: string; readonly by: number; readonly at: Date },
  ): Promise<Application | undefined> {
    return this.#db
      .updateTable('applications')
      .set({ state: decision.state, note: decision.note, decided_by: decision.by, decided_at: decision.at })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .returningAll()
      .executeTakeFirst();
  }

  /**
   * Approves a pending application in one transaction: registers its address as a source of the account that applied, or of a new
   * account with role `user` and the given limits. An account that exists is never changed, and an address that is registered never
   * changes its owner. @throws {StorageError} `badText`
   */
  async approve(
    id: number,
    decision: { readonly note: string; readonly by: number; readonly at: Date },
    limits: Pick<NewUser, 'max_per_day' | 'max_parallel' | 'max_per_minute'>,
  ): Promise<Approval | ApprovalRefusal> {
    const approve = async (db: Kysely<Schema>): Promise<Approval> => {
      const application = await new Applications(db).decide(id, { ...decision, state: 'approved' });
      if (application === undefined) throw new Refused('notPending');
      const { address, hosting, name, email, user_id } = application;
      const owner =
        user_id === null
          ? await insertUser(db, { name, email, role: 'user', ...limits })
          : await db.selectFrom('users').selectAll().where('id', '=', user_id).executeTakeFirst();
      if (owner === undefined) throw new Refused('accountExists');
      const isRegistered = await registerAgent(db, {
        address,
        kind: 'source',
        hostname: address,
        site: hosting.slice(0, LONGEST_SITE),
        user_id: owner.id,
        state: 'expected',
      });
      if (!isRegistered) throw new Refused('addressRegistered');
      return { application, owner, isNewOwner: user_id === null };
    };
    try {
      return await this.#db.transaction().execute(approve);
    } catch (error) {
      if (error instanceof Refused) return error.refusal;
      throw error;
    }
  }
}
