import { type Kysely, sql } from 'kysely';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';

/** How much of one of a user's limits is used. */
export interface LimitUse {
  readonly limit: 'perDay' | 'parallel' | 'perMinute';
  /** Measurements that the limit allows, and those that count toward it. */
  readonly allowed: number;
  readonly used: number;
  /** Seconds until more is allowed; for `parallel` an estimate. */
  readonly resetSeconds: number;
}

/** The limit of a user that a batch would exceed. */
export interface QuotaExceeded extends Pick<LimitUse, 'limit' | 'allowed' | 'used'> {
  /** Seconds until the user may try again. */
  readonly retryAfterSeconds: number;
  /** All limits of the user. */
  readonly limits: readonly LimitUse[];
}

const MINUTE_MS = 60_000;

/** Keeps other transactions from using the limits of a user until this one ends. */
export async function lockLimits(db: Kysely<Schema>, user: User): Promise<void> {
  await sql`select pg_advisory_xact_lock(7261, ${user.id}::integer)`.execute(db);
}

/**
 * Locks the limits of a user for whom a request is to be accepted. A user may have been disabled or deleted since the request was authenticated.
 * @throws {StorageError} `userDisabled`
 */
export async function lockLimitsToAccept(db: Kysely<Schema>, user: User): Promise<void> {
  await lockLimits(db, user);
  // A statement of its own, because it must see what was committed before the lock was taken.
  const stored = await db.selectFrom('users').select(['disabled_at', 'deleted_at']).where('id', '=', user.id).execute();
  if (stored.some(({ disabled_at, deleted_at }) => disabled_at === null && deleted_at === null)) return;
  throw new StorageError('userDisabled', `the user ${user.id} is disabled or deleted`, { userId: user.id });
}

/** The first limit that `size` more measurements would break. */
export function exceededOf(limits: readonly LimitUse[], size: number): QuotaExceeded | undefined {
  const exceeded = limits.find(({ allowed, used }) => used + size > allowed);
  if (exceeded === undefined) return undefined;
  const { limit, allowed, used, resetSeconds } = exceeded;
  return { limit, allowed, used, retryAfterSeconds: resetSeconds, limits };
}

/**
 * How much of each limit of a user is used. Raw probes count as measurements. The minute begins up to one second late, because requests are
 * counted by the second.
 */
export async function limitUse(db: Kysely<Schema>, user: User, now: Date): Promise<LimitUse[]> {
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const minuteAgo = new Date(now.getTime() - MINUTE_MS);
  const { rows } = await sql<{ readonly today: number; readonly minute: number; readonly open: number }>`
    select coalesce(sum(size) filter (where span = 'day'), 0)::bigint as today,
      coalesce(sum(size) filter (where span = 'second'), 0)::bigint as minute,
      (select count(*) from measurements where user_id = ${user.id})
        + (select count(*) from probes where user_id = ${user.id} and state <> 'done') as open
    from requested_sizes
    where user_id = ${user.id}
      and (span = 'day' and begins_at >= ${midnight} or span = 'second' and begins_at > ${minuteAgo})`.execute(db);
  const { today, minute, open } = rows[0];
  const untilMidnight = Math.ceil((midnight.getTime() + 86_400_000 - now.getTime()) / 1000);
  return [
    { limit: 'perDay', allowed: user.max_per_day, used: today, resetSeconds: untilMidnight },
    { limit: 'parallel', allowed: user.max_parallel, used: open, resetSeconds: 10 },
    { limit: 'perMinute', allowed: user.max_per_minute, used: minute, resetSeconds: 60 },
  ];
}

/** The limits after `size` more measurements were requested. */
export function limitsWith(limits: readonly LimitUse[], size: number): LimitUse[] {
  return limits.map((limit) => ({ ...limit, used: limit.used + size }));
}
