import { type Kysely, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { checkKeyHash, type HashedApiKey } from '../api-keys/api-key.ts';
import { formatScopes, SCOPES, type Scope, USER_SCOPES } from '../api-keys/scopes.ts';
import type { Schema } from '../schema/schema.ts';
import type { NewUser, User } from '../schema/users.ts';

/** What an operator may change about a user. */
export interface UserChange {
  readonly role?: User['role'];
  readonly maxPerDay?: number;
  readonly maxParallel?: number;
  readonly maxPerMinute?: number;
  /** Above 0. */
  readonly weight?: number;
  /** When the user was disabled; null enables the user again. */
  readonly disabledAt?: Date | null;
}

/** How a new key differs from a key that never expires and permits all that the role of its user permits. */
export interface NewKey {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: Date | null;
  /** `setting` for the key that the settings give the operator. */
  readonly origin?: 'user' | 'setting';
}

/** Users. No method takes or returns an API key in clear text. E-mail addresses are compared without regard to case. */
export class Users {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds a user. A user with the same e-mail address stays as it is and is returned. @throws {StorageError} `badText` */
  async ensure(user: NewUser): Promise<User> {
    const added = await this.create(user);
    if (added !== undefined) return added;
    return this.#byEmail(user.email).executeTakeFirstOrThrow();
  }

  /** Adds a user; `undefined` when there is one with this e-mail address. @throws {StorageError} `badText` */
  async create(user: NewUser): Promise<User | undefined> {
    return insertUser(this.#db, user);
  }

  /** The user with an e-mail address. @throws {StorageError} `badText` */
  async findByEmail(email: string): Promise<User | undefined> {
    return this.#byEmail(email).executeTakeFirst();
  }

  /** Whether there are any: a database that a controller has used has the operator. */
  async exist(): Promise<boolean> {
    return (await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
  }

  /** The user with an id. */
  async find(id: number): Promise<User | undefined> {
    return this.#db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Users by id, from the first after `after`; `limit` is at most 1,000. Deleted users are left out. @throws {StorageError} `badLimit` */
  async list({
    after = 0,
    limit = MOST_LISTED,
  }: {
    readonly after?: number;
    readonly limit?: number;
  } = {}): Promise<User[]> {
    return this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '>', after)
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Changes a user and returns it; `undefined` when there is none. */
  async change(id: number, change: UserChange): Promise<User | undefined> {
    const { role, maxPerDay, maxParallel, maxPerMinute, weight, disabledAt } = change;
    const columns = {
      ...(role !== undefined && { role }),
      ...(maxPerDay !== undefined && { max_per_day: maxPerDay }),
      ...(maxParallel !== undefined && { max_parallel: maxParallel }),
      ...(maxPerMinute !== undefined && { max_per_minute: maxPerMinute }),
      ...(weight !== undefined && { weight }),
      ...(disabledAt !== undefined && { disabled_at: disabledAt }),
    };
    if (Object.keys(columns).length === 0) return this.find(id);
    return this.#db
      .updateTable('users')
      .set(columns)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
  }

  /** Gives a user a key and returns its id; `undefined` when the key exists already. @throws {StorageError} `badKeyHash`, `badText` */
  async addKey(userId: number, { hash, fingerprint }: HashedApiKey, key: NewKey = {}): Promise<number | undefined> {
    checkKeyHash(hash);
    const { name = '', expiresAt = null, origin = 'user' } = key;
    const scopes = formatScopes(key.scopes ?? ((await this.find(userId))?.role === 'operator' ? SCOPES : USER_SCOPES));
    const added = await this.#db
      .insertInto('api_keys')
      .values({ user_id: userId, fingerprint, hash, name, scopes, origin, expires_at: expiresAt, revoked_at: null })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .returning('id')
      .executeTakeFirst();
    return added?.id;
  }

  #byEmail(email: string) {
    return this.#db.selectFrom('users').selectAll().where(sql<boolean>`lower(email) = lower(${email})`);
  }
}

/** Adds a user with its e-mail address in lower case; `undefined` when there is one with this address. */
export async function insertUser(db: Kysely<Schema>, user: NewUser): Promise<User | undefined> {
  const email = user.email.toLowerCase();
  const { rows } = await sql<User>`
    insert into users (name, email, role, max_per_day, max_parallel, max_per_minute)
    select ${user.name}, ${email}, ${user.role}, ${user.max_per_day}::integer, ${user.max_parallel}::integer,
           ${user.max_per_minute}::integer
    where not exists (select from users where lower(email) = ${email})
    on conflict (email) do nothing
    returning *`.execute(db);
  return rows[0];
}
