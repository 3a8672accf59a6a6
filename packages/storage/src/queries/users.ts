import type { Kysely } from 'kysely';
import { checkKeyHash, type HashedApiKey } from '../api-keys/api-key.ts';
import type { Schema } from '../schema/schema.ts';
import type { NewUser, User } from '../schema/users.ts';

/** Users and the hashes of their API keys. No method takes or returns an API key in clear text. */
export class Users {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds a user. A user with the same e-mail address stays as it is and is returned. @throws {StorageError} `badText` */
  async ensure(user: NewUser): Promise<User> {
    await this.#db
      .insertInto('users')
      .values(user)
      .onConflict((conflict) => conflict.column('email').doNothing())
      .execute();
    return this.#db.selectFrom('users').selectAll().where('email', '=', user.email).executeTakeFirstOrThrow();
  }

  /** The user with an e-mail address, which is compared exactly. @throws {StorageError} `badText` */
  async findByEmail(email: string): Promise<User | undefined> {
    return this.#db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  }

  /** The user with an id. */
  async find(id: number): Promise<User | undefined> {
    return this.#db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Gives a user a key. A key that exists already is not changed. @throws {StorageError} `badKeyHash` */
  async addKey(userId: number, { hash, fingerprint }: HashedApiKey): Promise<void> {
    checkKeyHash(hash);
    await this.#db
      .insertInto('api_keys')
      .values({ user_id: userId, fingerprint, hash, revoked_at: null })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
  }

  /** The user of a key that is not revoked. @throws {StorageError} `badKeyHash` */
  async findByKey({ hash }: HashedApiKey): Promise<User | undefined> {
    checkKeyHash(hash);
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('users', 'users.id', 'api_keys.user_id')
      .selectAll('users')
      .where('api_keys.hash', '=', hash)
      .where('api_keys.revoked_at', 'is', null)
      .executeTakeFirst();
  }
}
