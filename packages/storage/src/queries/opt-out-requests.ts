import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import type { OptOutRequest, OptOutRequestState } from '../schema/opt-outs.ts';
import type { Schema } from '../schema/schema.ts';

/** What a requester states, and the token that names the request. */
export type NewOptOutRequest = Pick<
  OptOutRequest,
  'network' | 'reason' | 'email' | 'token' | 'created_at' | 'expires_at'
>;

/** How a pending request ends. */
export interface OptOutDecision {
  readonly state: Exclude<OptOutRequestState, 'pending'>;
  readonly proof: OptOutRequest['proof'];
  readonly note: string;
  readonly decided_at: Date;
  readonly decided_by: number | null;
}

/** Requests to opt out of people without an account. */
export class OptOutRequests {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a pending request. @throws {StorageError} `badText` */
  async add(request: NewOptOutRequest): Promise<OptOutRequest> {
    return this.#db
      .insertInto('opt_out_requests')
      .values({ ...request, state: 'pending', note: '' })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /** How many requests are pending. */
  async countPending(): Promise<number> {
    const { count } = await this.#db
      .selectFrom('opt_out_requests')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('state', '=', 'pending')
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** The request with an id. */
  async find(id: number): Promise<OptOutRequest | undefined> {
    return this.#db.selectFrom('opt_out_requests').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The request that a token names. */
  async findByToken(token: string): Promise<OptOutRequest | undefined> {
    return this.#db.selectFrom('opt_out_requests').selectAll().where('token', '=', token).executeTakeFirst();
  }

  /** The request whose mailed token has a SHA-256. */
  async findByMailToken(hash: string): Promise<OptOutRequest | undefined> {
    return this.#db.selectFrom('opt_out_requests').selectAll().where('mail_token_hash', '=', hash).executeTakeFirst();
  }

  /** Requests in a state, or all, newest first; `limit` is at most 1,000, its default. @throws {StorageError} `badLimit` */
  async list(state?: OptOutRequestState, limit = MOST_LISTED): Promise<OptOutRequest[]> {
    return this.#db
      .selectFrom('opt_out_requests')
      .selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'pending'))
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Pending requests whose reverse zone was looked up longest ago, never first; `limit` is at most 1,000. */
  async toCheck(limit: number): Promise<OptOutRequest[]> {
    return this.#db
      .selectFrom('opt_out_requests')
      .selectAll()
      .where('state', '=', 'pending')
      .orderBy('checked_at', (order) => order.asc().nullsFirst())
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Records that the reverse zone was looked up. */
  async checked(id: number, at: Date): Promise<void> {
    await this.#db.updateTable('opt_out_requests').set({ checked_at: at }).where('id', '=', id).execute();
  }

  /** How many mails an abuse contact got since a time. */
  async countMails(contact: string, since: Date): Promise<number> {
    const { count } = await this.#db
      .selectFrom('opt_out_requests')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('contact', '=', contact)
      .where('mailed_at', '>=', since)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** Records that a token was mailed to an abuse contact. `hash`: SHA-256 of the token, hexadecimal. */
  async mailed(
    id: number,
    mail: { readonly contact: string; readonly hash: string; readonly at: Date },
  ): Promise<void> {
    await this.#db
      .updateTable('opt_out_requests')
      .set({ contact: mail.contact, mail_token_hash: mail.hash, mailed_at: mail.at })
      .where('id', '=', id)
      .execute();
  }

  /** Ends a pending request and returns it; `undefined` when it is not pending. @throws {StorageError} `badText` */
  async decide(id: number, decision: OptOutDecision): Promise<OptOutRequest | undefined> {
    return this.#db
      .updateTable('opt_out_requests')
      .set(decision)
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .returningAll()
      .executeTakeFirst();
  }

  /** Ends the pending requests whose time is over. Returns how many there were. */
  async expire(now: Date): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('opt_out_requests')
      .set({ state: 'expired', decided_at: now })
      .where('state', '=', 'pending')
      .where('expires_at', '<=', now)
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }

  /** Deletes requests that ended before a time. */
  async deleteEnded(before: Date): Promise<void> {
    await this.#db
      .deleteFrom('opt_out_requests')
      .where('state', '!=', 'pending')
      .where('decided_at', '<', before)
      .execute();
  }
}
