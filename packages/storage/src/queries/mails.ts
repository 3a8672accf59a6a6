import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText } from '../access/text.ts';
import type { Mail } from '../schema/mails.ts';
import type { Schema } from '../schema/schema.ts';

/** Mails that wait to be sent, and mails that were sent. */
export class Mails {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores a mail that is due at `now`. `tokenId` names the token that replaces `{token}` in the body when the mail is sent, because no
   * token may be stored in clear text. @throws {StorageError} `badText`
   */
  async add(
    { tokenId, ...mail }: Pick<Mail, 'recipient' | 'subject' | 'body'> & { readonly tokenId?: number },
    now: Date,
  ): Promise<void> {
    await this.#db
      .insertInto('mails')
      .values({ ...mail, token_id: tokenId ?? null, created_at: now, next_attempt_at: now })
      .execute();
  }

  /** The mail with an id. */
  async find(id: number): Promise<Mail | undefined> {
    return this.#db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Mails that are due at `now`, oldest first; `limit` is at most 1,000. @throws {StorageError} `badLimit` */
  async due(now: Date, limit: number): Promise<Mail[]> {
    return this.#db
      .selectFrom('mails')
      .selectAll()
      .where('sent_at', 'is', null)
      .where('next_attempt_at', '<=', now)
      .orderBy('id')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** The last mails, newest first; `limit` is at most 1,000. @throws {StorageError} `badLimit` */
  async list(limit: number): Promise<Mail[]> {
    return this.#db
      .selectFrom('mails')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Mails that were not sent: how many, how many of them could not be sent before, and when the oldest was stored. */
  async backlog(): Promise<{ readonly waiting: number; readonly failing: number; readonly oldest: Date | null }> {
    return this.#db
      .selectFrom('mails')
      .select(({ fn }) => [
        fn.countAll<number>().as('waiting'),
        fn.countAll<number>().filterWhere('attempts', '>', 0).as('failing'),
        fn.min<Date | null>('created_at').as('oldest'),
      ])
      .where('sent_at', 'is', null)
      .executeTakeFirstOrThrow();
  }

  /** Records that a mail was sent. */
  async sent(id: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('mails')
      .set(({ eb }) => ({
        sent_at: at,
        attempts: eb('attempts', '+', 1),
        last_error: null,
      }))
      .where('id', '=', id)
      .execute();
  }

  /** Records that a mail could not be sent. Unstorable characters in `error`, which quotes the server, become U+FFFD. */
  async failed(id: number, error: string, nextAttemptAt: Date): Promise<void> {
    await this.#db
      .updateTable('mails')
      .set(({ eb }) => ({
        attempts: eb('attempts', '+', 1),
        last_error: cleanText(error),
        next_attempt_at: nextAttemptAt,
      }))
      .where('id', '=', id)
      .execute();
  }
}
