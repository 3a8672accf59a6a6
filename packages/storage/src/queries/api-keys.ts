import { type Kysely, sql, type Transaction } from 'kysely';
import { checkKeyHash, type HashedApiKey } from '../api-keys/api-key.ts';
import { parseScopes, type Scope } from '../api-keys/scopes.ts';
import type { Schema } from '../schema/schema.ts';
import type { ApiKeyRow, User } from '../schema/users.ts';
import { type NewKey, Users } from './users.ts';

/** An API key without anything that could be used in its place. */
export interface ApiKey extends Omit<ApiKeyRow, 'hash' | 'scopes'> {
  readonly scopes: readonly Scope[];
}

/** A key that works, and its user. */
export interface ValidKey {
  readonly user: User;
  readonly key: ApiKey;
}

/** Most keys of one user that work at the same time. */
export const MOST_KEYS = 100;

const toKey = ({ hash: _, scopes, ...row }: ApiKeyRow): ApiKey => ({ ...row, scopes: parseScopes(scopes) });

/** API keys. No method takes or returns one in clear text. */
export class ApiKeys {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The key with a hash and its user, if the key is neither revoked nor expired and the user is not disabled. @throws {StorageError} `badKeyHash` */
  async findValid({ hash }: Pick<HashedApiKey, 'hash'>, now: Date): Promise<ValidKey | undefined> {
    checkKeyHash(hash);
    const key = await this.#db
      .selectFrom('api_keys')
      .selectAll()
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .where(({ eb, or }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
      .executeTakeFirst();
    if (key === undefined) return undefined;
    const user = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', key.user_id)
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    return user && { user, key: toKey(key) };
  }

  /** A key of a user that is not revoked; it may have expired. */
  async find(userId: number, id: number): Promise<ApiKey | undefined> {
    const row = await this.#unrevokedOf(userId).where('id', '=', id).executeTakeFirst();
    return row && toKey(row);
  }

  /** The keys of a user that are not revoked, those that work at `now` first, then newest first; at most twice {@link MOST_KEYS}. */
  async of(userId: number, now: Date): Promise<ApiKey[]> {
    const rows = await this.#unrevokedOf(userId)
      .orderBy(isWorking(now), 'desc')
      .orderBy('id', 'desc')
      .limit(2 * MOST_KEYS)
      .execute();
    return rows.map(toKey);
  }

  /** All keys of a user that are not revoked, by id, from the first after `after`; at most twice {@link MOST_KEYS} at once. */
  async allOf(userId: number, after: number): Promise<ApiKey[]> {
    const rows = await this.#unrevokedOf(userId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(2 * MOST_KEYS)
      .execute();
    return rows.map(toKey);
  }

  /**
   * Adds a key to a user who has fewer than {@link MOST_KEYS} keys that work, and returns its id; `undefined` for others.
   * @throws {StorageError} `badKeyHash`
   */
  async create(userId: number, hashed: HashedApiKey, now: Date, key: NewKey): Promise<number | undefined> {
    return this.#db.transaction().execute(async (db) => {
      const working = await lockWorking(db, userId, now);
      return working.length < MOST_KEYS ? new Users(db).addKey(userId, hashed, key) : undefined;
    });
  }

  /** Revokes a key of a user at once and ends the sessions that it began. Returns whether there was one that was not revoked. */
  async revoke(userId: number, id: number, now: Date): Promise<boolean> {
    return this.#db.transaction().execute(async (db) => {
      await db.deleteFrom('sessions').where('user_id', '=', userId).where('key_id', '=', id).execute();
      const { numUpdatedRows } = await db
        .updateTable('api_keys')
        .set({ revoked_at: now })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    });
  }

  /**
   * Adds a key with name and scopes of another one of the same user, and lets that one expire at `oldUntil` at the latest. Returns the
   * new key's id; `undefined` when there is no such key, `tooMany` when more than {@link MOST_KEYS} keys would work at `now`.
   * @throws {StorageError} `badKeyHash`
   */
  async rotate(
    userId: number,
    id: number,
    hashed: HashedApiKey,
    now: Date,
    { oldUntil, expiresAt }: { readonly oldUntil: Date; readonly expiresAt: Date | null },
  ): Promise<number | 'tooMany' | undefined> {
    return this.#db.transaction().execute(async (db) => {
      const working = await lockWorking(db, userId, now);
      const old = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .forUpdate()
        .executeTakeFirst();
      if (old === undefined) return undefined;
      const others = working.filter((other) => other !== id || oldUntil > now);
      if (others.length >= MOST_KEYS) return 'tooMany';
      const until = old.expires_at !== null && old.expires_at < oldUntil ? old.expires_at : oldUntil;
      await db.updateTable('api_keys').set({ expires_at: until }).where('id', '=', id).execute();
      const { name } = old;
      return new Users(db).addKey(userId, hashed, { name, scopes: parseScopes(old.scopes), expiresAt });
    });
  }

  /**
   * Makes a key the only one that the settings give. All others of that origin are revoked, whoever they belong to.
   * Returns false, and changes nothing, when the key was revoked before or is a user's own.
   * @throws {StorageError} `badKeyHash`
   */
  async replaceSetting(userId: number, hashed: HashedApiKey, now: Date, key: NewKey): Promise<boolean> {
    return this.#db.transaction().execute(async (db) => {
      await new Users(db).addKey(userId, hashed, { ...key, origin: 'setting' });
      const stored = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('hash', '=', hashed.hash)
        .executeTakeFirstOrThrow();
      if (stored.user_id !== userId || stored.revoked_at !== null || stored.origin !== 'setting') return false;
      const others = db
        .updateTable('api_keys')
        .set({ revoked_at: now })
        .where('origin', '=', 'setting')
        .where('id', '<>', stored.id)
        .where('revoked_at', 'is', null);
      const revoked = await others.returning('id').execute();
      const ids = revoked.map(({ id }) => id);
      if (ids.length > 0) await db.deleteFrom('sessions').where('key_id', 'in', ids).execute();
      return true;
    });
  }

  /** Notes that a key was used. */
  async used(id: number, at: Date): Promise<void> {
    await this.#db.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', id).execute();
  }

  #unrevokedOf(userId: number) {
    return this.#db.selectFrom('api_keys').selectAll().where('user_id', '=', userId).where('revoked_at', 'is', null);
  }
}

/** Whether a key that is not revoked works at a time. */
const isWorking = (now: Date) => sql<boolean>`(expires_at is null or expires_at > ${now})`;

/** The ids of a user's keys that work. Requests at the same time wait for each other here, or all of them would find room. */
async function lockWorking(db: Transaction<Schema>, userId: number, now: Date): Promise<number[]> {
  await db.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
  const rows = await db
    .selectFrom('api_keys')
    .select('id')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where(isWorking(now))
    .execute();
  return rows.map(({ id }) => id);
}
