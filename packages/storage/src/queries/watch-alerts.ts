import { type Kysely, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText } from '../access/text.ts';
import type { Schema } from '../schema/schema.ts';
import type { WatchAlertRow } from '../schema/watches.ts';
import { chosenOnce } from './chosen-once.ts';
import { addAlerts, type NewWatchAlert } from './watch-runs.ts';

/** How an attempt to deliver ended. */
export interface AlertOutcome {
  /** `pending`: it is tried again at `nextAttemptAt`. */
  readonly state: WatchAlertRow['state'];
  readonly nextAttemptAt?: Date;
  /** HTTP status of the answer, if there was one. */
  readonly status?: number;
  readonly error?: string;
}

/** Messages about watches that wait for delivery, and their deliveries. */
export class WatchAlerts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores messages that are due at `now`, and returns their ids. */
  async add(watchId: number, alerts: readonly NewWatchAlert[], now: Date): Promise<number[]> {
    return addAlerts(this.#db, watchId, alerts, now);
  }

  /** The message with an id. */
  async find(id: number): Promise<WatchAlertRow | undefined> {
    return this.#db.selectFrom('watch_alerts').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /**
   * Takes messages that are due at `now`, oldest first. Until `leaseUntil` no other process takes them. Of each user at most `perUser` are
   * taken, so that a user with slow webhooks does not delay the messages of all others. @throws {StorageError} `badLimit`
   */
  async claimDue(
    now: Date,
    { limit, perUser, leaseUntil }: { readonly limit: number; readonly perUser: number; readonly leaseUntil: Date },
  ): Promise<WatchAlertRow[]> {
    const due = sql`
        select id from watch_alerts where state = 'pending' and next_attempt_at <= ${now} and id in (
          select id from (
            select a.id, a.next_attempt_at, row_number() over (partition by w.user_id order by a.next_attempt_at, a.id) as place
            from watch_alerts a join watches w on w.id = a.watch_id
            where a.state = 'pending' and a.next_attempt_at <= ${now}) due
          where place <= ${perUser} order by next_attempt_at limit ${checkedLimit(limit, MOST_LISTED)})
        for update skip locked`;
    const { rows } = await sql<WatchAlertRow>`
      update watch_alerts set next_attempt_at = ${leaseUntil} where id in (${chosenOnce(due)})
      returning *`.execute(this.#db);
    return rows.sort((a, b) => a.id - b.id);
  }

  /** Stores how an attempt ended. Unstorable characters in the error, which quotes the peer, become U+FFFD. */
  async attempted(id: number, { state, nextAttemptAt, status, error }: AlertOutcome, now: Date): Promise<void> {
    await this.#db
      .updateTable('watch_alerts')
      .set(({ eb }) => ({
        state,
        attempts: eb('attempts', '+', 1),
        status: status ?? null,
        error: error === undefined ? null : cleanText(error.slice(0, 500)),
        ...(nextAttemptAt !== undefined && { next_attempt_at: nextAttemptAt }),
        ...(state !== 'pending' && { ended_at: now }),
      }))
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .execute();
  }

  /** Stops the delivery of everything that waits for the webhook of a watch. */
  async abandonWebhook(watchId: number, error: string, now: Date): Promise<void> {
    await this.#db
      .updateTable('watch_alerts')
      .set({ state: 'dead', error: cleanText(error), ended_at: now })
      .where('watch_id', '=', watchId)
      .where('channel', '=', 'webhook')
      .where('state', '=', 'pending')
      .execute();
  }
}
