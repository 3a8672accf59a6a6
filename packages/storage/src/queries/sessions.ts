import type { Kysely } from 'kysely';
import { checkKeyHash } from '../api-keys/api-key.ts';
import { formatScopes, parseScopes, type Scope } from '../api-keys/scopes.ts';
import type { Schema } from '../schema/schema.ts';
import type { Session, User } from '../schema/users.ts';

/** A session that has not ended, and its user. */
export interface ValidSession {
  readonly user: User;
  readonly session: Pick<Session, 'id' | 'key_id' | 'expires_at' | 'last_used_at'>;
  readonly scopes: readonly Scope[];
}

/** A session as its user sees it. */
export interface OpenSession extends Pick<Session, 'id' | 'created_at' | 'expires_at' | 'last_used_at'> {
  readonly scopes: readonly Scope[];
  /** Name of the API key with which the session began; null when it began with a mailed link. */
  readonly key_name: string | null;
}

const MOST_LISTED = 100;

/** Sessions of browsers. A session ends when it expires, when it is not used for some time, or with the key that began it. */
export class Sessions {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Begins a session; sessions that have expired by then are deleted. @throws {StorageError} `badKeyHash` */
  async begin(session: {
    readonly userId: number;
    readonly keyId: number | null;
    readonly hash: string;
    readonly scopes: readonly Scope[];
    readonly now: Date;
    readonly expiresAt: Date;
  }): Promise<void> {
    const { userId, keyId, hash, scopes, now, expiresAt } = session;
    checkKeyHash(hash);
    await this.#db.deleteFrom('sessions').where('expires_at', '<', now).execute();
    await this.#db
      .insertInto('sessions')
      .values({
        user_id: userId,
        key_id: keyId,
        hash,
        scopes: formatScopes(scopes),
        created_at: now,
        expires_at: expiresAt,
        last_used_at: now,
      })
      .execute();
  }

  /** The session with a hash, if it has not ended and was used after `usedAfter`. @throws {StorageError} `badKeyHash` */
  async findValid(hash: string, now: Date, usedAfter: Date): Promise<ValidSession | undefined> {
    checkKeyHash(hash);
    const session = await this.#db
      .selectFrom('sessions')
      .leftJoin('api_keys', 'api_keys.id', 'sessions.key_id')
      .selectAll('sessions')
      .where('sessions.hash', '=', hash)
      .where('sessions.expires_at', '>', now)
      .where('sessions.last_used_at', '>', usedAfter)
      .where('api_keys.revoked_at', 'is', null)
      .where(({ eb, or }) => or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', now)]))
      .executeTakeFirst();
    if (session === undefined) return undefined;
    const user = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', session.user_id)
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    return user && { user, session, scopes: parseScopes(session.scopes) };
  }

  /** Notes that a session was used. */
  async used(id: number, at: Date): Promise<void> {
    await this.#db.updateTable('sessions').set({ last_used_at: at }).where('id', '=', id).execute();
  }

  /** The sessions of a user that have not expired and were used after `usedAfter`, the latest used first; at most 100. */
  async of(userId: number, now: Date, usedAfter: Date): Promise<readonly OpenSession[]> {
    const rows = await this.#db
      .selectFrom('sessions')
      .leftJoin('api_keys', 'api_keys.id', 'sessions.key_id')
      .select(['sessions.id', 'sessions.created_at', 'sessions.expires_at', 'sessions.last_used_at', 'sessions.scopes'])
      .select('api_keys.name as key_name')
      .where('sessions.user_id', '=', userId)
      .where('sessions.expires_at', '>', now)
      .where('sessions.last_used_at', '>', usedAfter)
      .where('api_keys.revoked_at', 'is', null)
      .where(({ eb, or }) => or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', now)]))
      .orderBy('sessions.last_used_at', 'desc')
      .orderBy('sessions.id', 'desc')
      .limit(MOST_LISTED)
      .execute();
    return rows.map(({ scopes, ...row }) => ({ ...row, scopes: parseScopes(scopes) }));
  }

  /** Ends a session, of one user if `userId` is given. Returns whether there was one. */
  async end(id: number, userId?: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('sessions')
      .where('id', '=', id)
      .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? 0))
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
