import type { Kysely } from 'kysely';
import type { Application, Schema } from '../schema.ts';

/** What somebody who wants to host a source tells about it. */
export type NewApplication = Pick<Application, 'address' | 'hosting' | 'name' | 'email' | 'reason'>;

/** Applications of people who want to host sources. */
export class Applications {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores an application; `undefined` when one for the address awaits a decision already. */
  async add(application: NewApplication): Promise<Application | undefined> {
    return this.#db
      .insertInto('applications')
      .values({ ...application, state: 'pending' })
      .onConflict((conflict) => conflict.column('address').where('state', '=', 'pending').doNothing())
      .returningAll()
      .executeTakeFirst();
  }

  async find(id: number): Promise<Application | undefined> {
    return this.#db.selectFrom('applications').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Applications, newest first. */
  async list(state?: Application['state']): Promise<Application[]> {
    return this.#db
      .selectFrom('applications')
      .selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'pending'))
      .orderBy('id', 'desc')
      .execute();
  }

  /** Decides a pending application and returns it; `undefined` when it was decided before. */
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
