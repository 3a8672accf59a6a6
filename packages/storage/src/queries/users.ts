import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { NewUser, Schema, User } from '../schema.ts';

const PREFIX_LENGTH = 8;

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Users and their keys. Keys are random, so that a plain hash of them keeps them safe. */
export class Users {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds a user, or returns the one with this e-mail address. */
  async ensure(user: NewUser): Promise<User> {
    await this.#db
      .insertInto('users')
      .values(user)
      .onConflict((conflict) => conflict.column('email').doNothing())
      .execute();
    return this.#db.selectFrom('users').selectAll().where('email', '=', user.email).executeTakeFirstOrThrow();
  }

  async findByEmail(email: string): Promise<User | undefined> {
    return this.#db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  }

  async find(id: number): Promise<User | undefined> {
    return this.#db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Makes a key of 192 random bits. It is returned once and never again. */
  async issueKey(userId: number): Promise<string> {
    const key = `revtr_${randomBytes(24).toString('base64url')}`;
    await this.addKey(userId, key);
    return key;
  }

  /** Stores the hash of a given key; the same key again changes nothing. */
  async addKey(userId: number, key: string): Promise<void> {
    await this.#db
      .insertInto('api_keys')
      .values({ user_id: userId, prefix: key.slice(0, PREFIX_LENGTH), hash: hashOf(key), revoked_at: null })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
  }

  /** The user whose key this is, unless it was revoked. */
  async findByKey(key: string): Promise<User | undefined> {
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('users', 'users.id', 'api_keys.user_id')
      .selectAll('users')
      .where('api_keys.hash', '=', hashOf(key))
      .where('api_keys.revoked_at', 'is', null)
      .executeTakeFirst();
  }
}
