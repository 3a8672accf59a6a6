import type { Kysely } from 'kysely';
import { MOST_LISTED } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';

/** With whom sources are shared. Addresses of sources are dotted quads; e-mail addresses are compared in lower case. */
export class SourceShares {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Replaces the users with whom a source is shared. @throws {StorageError} `badText` */
  async replace(address: string, emails: readonly string[]): Promise<void> {
    const rows = [...new Set(emails.map((email) => email.toLowerCase()))].map((email) => ({ address, email }));
    await this.#db.transaction().execute(async (db) => {
      await db.deleteFrom('source_shares').where('address', '=', address).execute();
      if (rows.length > 0) await db.insertInto('source_shares').values(rows).execute();
    });
  }

  /** E-mail addresses of the users with whom a source is shared; at most 1,000. */
  async usersOf(address: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('source_shares')
      .select('email')
      .where('address', '=', address)
      .orderBy('email')
      .limit(MOST_LISTED)
      .execute();
    return rows.map(({ email }) => email);
  }

  /** Sources that are shared with a user. */
  async sharedWith(email: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('source_shares')
      .select('address')
      .where('email', '=', email.toLowerCase())
      .execute();
    return rows.map(({ address }) => address);
  }
}
