import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { toJson } from '../access/text.ts';
import type { Schema } from '../schema/schema.ts';
import type { WatchRow } from '../schema/watches.ts';

/** A watch to create. `alertOn`: kinds of changes; `webhook`: URL and secret, or null. */
export interface NewWatch extends Pick<WatchRow, 'user_id' | 'key_id' | 'name' | 'source' | 'destination'> {
  readonly intervalSeconds: number;
  readonly alertOn: readonly string[];
  readonly alertMail: boolean;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
}

/** What changes about a watch; absent properties stay. */
export interface WatchChange
  extends Partial<Pick<NewWatch, 'name' | 'intervalSeconds' | 'alertOn' | 'alertMail' | 'webhook'>> {
  /** Why it is paused; null resumes it with `keyId`. */
  readonly pauseReason?: string | null;
  readonly keyId?: number | null;
  readonly nextRunAt?: Date;
  /** Null enables the webhook again. */
  readonly webhookDisabledAt?: Date | null;
}

/** Most watches of a user, and most runs of all the user's active watches in a day. */
export interface WatchLimits {
  readonly most: number;
  readonly runsPerDay: number;
}

/** Why a watch would exceed the limits of its user. */
export type WatchRefusal = 'tooMany' | 'tooOften';

const DAY_S = 86_400;

/** Watches: recurring measurements of one pair each. */
export class Watches {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Creates an active watch whose first run is due at `now`, or says which limit it would exceed. @throws {StorageError} `badText` */
  async create(watch: NewWatch, limits: WatchLimits, now: Date): Promise<WatchRow | WatchRefusal> {
    const { user_id, key_id, name, source, destination, intervalSeconds, alertOn, alertMail, webhook } = watch;
    return this.#db.transaction().execute(async (db) => {
      await lockUser(db, user_id);
      const refusal = await wouldExceed(db, watch, limits);
      if (refusal !== undefined) return refusal;
      return db
        .insertInto('watches')
        .values({
          ...{ user_id, key_id, name, source, destination },
          interval_seconds: intervalSeconds,
          state: 'active',
          pause_reason: null,
          created_at: now,
          next_run_at: now,
          alert_on: toJson(alertOn),
          alert_mail: alertMail,
          webhook_url: webhook?.url ?? null,
          webhook_secret: webhook?.secret ?? null,
          detector: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
    });
  }

  /** Which limit a new watch would exceed at the moment. */
  async exceeded(
    watch: Pick<NewWatch, 'user_id' | 'intervalSeconds'>,
    limits: WatchLimits,
  ): Promise<WatchRefusal | undefined> {
    return wouldExceed(this.#db, watch, limits);
  }

  /** The watches of a user, newest first; at most 1,000. */
  async of(userId: number): Promise<WatchRow[]> {
    const own = this.#db.selectFrom('watches').selectAll().where('user_id', '=', userId);
    return own.orderBy('id', 'desc').limit(checkedLimit(MOST_LISTED, MOST_LISTED)).execute();
  }

  /** The watch with an id. */
  async find(id: number): Promise<WatchRow | undefined> {
    return this.#db.selectFrom('watches').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /**
   * Changes a watch and returns it; `undefined` when there is none. With `limits`, a watch that would run too often stays as it is.
   * @throws {StorageError} `badText`
   */
  async change(
    { id, user_id }: Pick<WatchRow, 'id' | 'user_id'>,
    change: WatchChange,
    limits?: WatchLimits,
  ): Promise<WatchRow | 'tooOften' | undefined> {
    return this.#db
      .transaction()
      .execute(async (db) => {
        await lockUser(db, user_id);
        const columns = columnsOf(change);
        // An update without columns is no SQL.
        if (Object.keys(columns).length === 0)
          return db.selectFrom('watches').selectAll().where('id', '=', id).executeTakeFirst();
        const changed = await db
          .updateTable('watches')
          .set(columns)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        if (changed === undefined || limits === undefined || changed.state === 'paused') return changed;
        const own = await db.selectFrom('watches').selectAll().where('user_id', '=', user_id).execute();
        if (runsPerDay(own) <= limits.runsPerDay) return changed;
        throw new TooOften();
      })
      .catch((error: unknown) => {
        if (error instanceof TooOften) return 'tooOften' as const;
        throw error;
      });
  }

  /** Deletes a watch with its history. Its measurements stay until they are as old as the history may become. */
  async delete(id: number): Promise<void> {
    await this.#db.deleteFrom('watches').where('id', '=', id).execute();
  }
}

/** Ends the transaction without a change. */
class TooOften extends Error {}

/** Requests of one user at the same time wait for each other here, or all of them would find room. */
async function lockUser(db: Kysely<Schema>, userId: number): Promise<void> {
  await db.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
}

async function wouldExceed(
  db: Kysely<Schema>,
  { user_id, intervalSeconds }: Pick<NewWatch, 'user_id' | 'intervalSeconds'>,
  limits: WatchLimits,
): Promise<WatchRefusal | undefined> {
  const others = await db.selectFrom('watches').selectAll().where('user_id', '=', user_id).execute();
  if (others.length >= limits.most) return 'tooMany';
  return runsPerDay(others) + DAY_S / intervalSeconds > limits.runsPerDay ? 'tooOften' : undefined;
}

const runsPerDay = (watches: readonly WatchRow[]): number =>
  watches.reduce((sum, { state, interval_seconds }) => sum + (state === 'active' ? DAY_S / interval_seconds : 0), 0);

function columnsOf(change: WatchChange) {
  const { name, intervalSeconds, alertOn, alertMail, webhook, pauseReason, keyId, nextRunAt, webhookDisabledAt } =
    change;
  return {
    ...(pauseReason === undefined
      ? {}
      : { state: pauseReason === null ? ('active' as const) : ('paused' as const), pause_reason: pauseReason }),
    ...(name !== undefined && { name }),
    ...(intervalSeconds !== undefined && { interval_seconds: intervalSeconds }),
    ...(alertOn !== undefined && { alert_on: toJson(alertOn) }),
    ...(alertMail !== undefined && { alert_mail: alertMail }),
    ...(webhook !== undefined && {
      webhook_url: webhook?.url ?? null,
      webhook_secret: webhook?.secret ?? null,
      webhook_disabled_at: null,
    }),
    ...(keyId !== undefined && { key_id: keyId }),
    ...(nextRunAt !== undefined && { next_run_at: nextRunAt }),
    ...(webhookDisabledAt !== undefined && { webhook_disabled_at: webhookDisabledAt }),
  };
}
