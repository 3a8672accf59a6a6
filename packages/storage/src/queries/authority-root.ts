import type { Kysely } from 'kysely';
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

  /** Stores the fingerprint unless there is one. Returns the one that is stored. */
  async storeFirst(fingerprint: string): Promise<string> {
    await this.#db
      .insertInto('authority_root')
      .values({ fingerprint })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return (await this.fingerprint()) ?? fingerprint;
  }

  /** Stores the fingerprint in place of the one before. */
  async replace(fingerprint: string): Promise<void> {
    await this.#db
      .insertInto('authority_root')
      .values({ fingerprint })
      .onConflict((conflict) => conflict.column('is_only').doUpdateSet({ fingerprint }))
      .execute();
  }
}
