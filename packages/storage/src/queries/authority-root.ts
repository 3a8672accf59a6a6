import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** The certificate authority that the agents of this database trust, by the fingerprint of its root certificate. */
export class AuthorityRoot {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The fingerprint; `undefined` before the first gateway has started. */
  async fingerprint(): Promise<string | undefined> {
    const row = await this.#db.selectFrom('authority_root').select('fingerprint').executeTakeFirst();
    return row?.fingerprint;
  }

  /** Whether an agent has a certificate of an authority. */
  async isTrusted(): Promise<boolean> {
    const agents = this.#db.selectFrom('agents').select('address').where('certificate_serial', 'is not', null);
    return (await agents.limit(1).executeTakeFirst()) !== undefined;
  }

  /** Lets `work` read and store the fingerprint while no other process does the same. */
  static exclusively<T>(db: Kysely<Schema>, work: (roots: AuthorityRoot) => Promise<T>): Promise<T> {
    return db.transaction().execute(async (transaction) => {
      await sql`lock table authority_root in exclusive mode`.execute(transaction);
      return work(new AuthorityRoot(transaction));
    });
  }

  /** Stores the fingerprint, in place of the one before if there is one. */
  async replace(fingerprint: string): Promise<void> {
    await this.#db
      .insertInto('authority_root')
      .values({ fingerprint })
      .onConflict((conflict) => conflict.column('is_only').doUpdateSet({ fingerprint }))
      .execute();
  }
}
