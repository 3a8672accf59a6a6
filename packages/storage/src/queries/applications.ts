import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import type { Application } from '../schema/agents.ts';
import type { Schema } from '../schema/schema.ts';

/** What an applicant states. `address` is a dotted quad. */
export type NewApplication = Pick<Application, 'address' | 'hosting' | 'name' | 'email' | 'reason'>;

/** Applications of people who want to host sources. */
export class Applications {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores an application; `undefined` when one for its address is pending. @throws {StorageError} `badText` */
  async add(application: NewApplication): Promise<Application | undefined> {
    return this.#db
      .insertInto('applications')
      .values({ ...application, state: 'pending' })
      .onConflict((conflict) => conflict.column('address').where('state', '=', 'pending').doNothing())
      .returningAll()
      .executeTakeFirst();
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
}
