import { type Kysely, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText } from '../access/text.ts';
import type { Mail } from '../schema/mails.ts';
import type { Schema } from '../schema/schema.ts';

const SECRET_WAS_SENT = '[sent]';

/** Mails that wait to be sent, and mails that were sent. */
export class Mails {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores a mail that is due at `now`. `secret` is a part of the body that is replaced after the mail is sent.
   * @throws {StorageError} `badText`
   */
  async add(
    mail: Pick<Mail, 'recipient' | 'subject' | 'body'> & { readonly secret?: string },
    now: Date,
  ): Promise<void> {
    await this.#db
      .insertInto('mails')
      .values({ ...mail, secret: mail.secret ?? null, created_at: now, next_attempt_at: now })
      .execute();
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

  /** Records that a mail was sent, and replaces its secret in the stored body by `[sent]`. */
  async sent(id: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('mails')
      .set(({ eb }) => ({
        sent_at: at,
        attempts: eb('attempts', '+', 1),
        last_error: null,
        body: sql<string>`case when secret is null then body else replace(body, secret, ${SECRET_WAS_SENT}) end`,
        secret: null,
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
