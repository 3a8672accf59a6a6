import type { Kysely } from 'kysely';
import { checkKeyHash } from '../api-keys/api-key.ts';
import type { Schema } from '../schema/schema.ts';
import type { OneTimeToken } from '../schema/users.ts';

/** What a link is for, whom it is mailed to, and how long it works after it was handed out. */
export type NewToken = Pick<
  OneTimeToken,
  'purpose' | 'user_id' | 'application_id' | 'email' | 'name' | 'lifetime_seconds'
>;

/** How long a mail may wait before its link is handed out. */
const WAITING_MS = 30 * 86_400_000;
/** How long a token that cannot be used any more is kept. */
const KEPT_MS = 7 * 86_400_000;

/** Tokens of links that work once. Only their hashes are stored. */
export class OneTimeTokens {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a token that has no hash yet, and returns its id. Tokens that expired a week ago are deleted. @throws {StorageError} `badText` */
  async add(token: NewToken, now: Date): Promise<number> {
    await this.#db
      .deleteFrom('one_time_tokens')
      .where('expires_at', '<', new Date(now.getTime() - KEPT_MS))
      .execute();
    const { id } = await this.#db
      .insertInto('one_time_tokens')
      .values({ ...token, created_at: now, expires_at: new Date(now.getTime() + WAITING_MS) })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** The token with an id. */
  async find(id: number): Promise<OneTimeToken | undefined> {
    return this.#db.selectFrom('one_time_tokens').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /**
   * Stores the hash of a token that is handed out now; a hash from before stops working. Returns false when the token was used or has
   * expired. @throws {StorageError} `badKeyHash`
   */
  async arm(id: number, hash: string, now: Date): Promise<boolean> {
    checkKeyHash(hash);
    const token = await this.find(id);
    if (token === undefined) return false;
    const { numUpdatedRows } = await this.#db
      .updateTable('one_time_tokens')
      .set({ hash, expires_at: new Date(now.getTime() + token.lifetime_seconds * 1000) })
      .where('id', '=', id)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  /** Uses the token with a hash; `undefined` when there is none that works. @throws {StorageError} `badKeyHash` */
  async redeem(hash: string, now: Date): Promise<OneTimeToken | undefined> {
    checkKeyHash(hash);
    return this.#db
      .updateTable('one_time_tokens')
      .set({ used_at: now })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst();
  }
}
