import { type Kysely, sql } from 'kysely';
import type { Mail, Schema } from '../schema.ts';

const BLOTTED = '[sent]';

/** Mails to send, and those sent. */
export class Mails {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a mail to send from `now` on. `secret` is a part of the body that nobody may read once it is sent. */
  async add(
    mail: Pick<Mail, 'recipient' | 'subject' | 'body'> & { readonly secret?: string },
    now: Date,
  ): Promise<void> {
    await this.#db
      .insertInto('mails')
      .values({ ...mail, secret: mail.secret ?? null, created_at: now, next_attempt_at: now })
      .execute();
  }

  /** Mails that are to be sent by now, oldest first. */
  async due(now: Date, most: number): Promise<Mail[]> {
    return this.#db
      .selectFrom('mails')
      .selectAll()
      .where('sent_at', 'is', null)
      .where('next_attempt_at', '<=', now)
      .orderBy('id')
      .limit(most)
      .execute();
  }

  /** The last mails, newest first. */
  async list(most: number): Promise<Mail[]> {
    return this.#db.selectFrom('mails').selectAll().orderBy('id', 'desc').limit(most).execute();
  }

  /** Notes that a mail was sent, and blots its secret out. */
  async sent(id: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('mails')
      .set(({ eb }) => ({
        sent_at: at,
        attempts: eb('attempts', '+', 1),
        last_error: null,
        body: sql<string>`case when secret is null then body else replace(body, secret, ${BLOTTED}) end`,
        secret: null,
      }))
      .where('id', '=', id)
      .execute();
  }

  /** Notes that a mail could not be sent, and when to try again. */
  async failed(id: number, error: string, nextAttemptAt: Date): Promise<void> {
    await this.#db
      .updateTable('mails')
      .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), last_error: error, next_attempt_at: nextAttemptAt }))
      .where('id', '=', id)
      .execute();
  }
}
