import { type Kysely, sql, type Transaction } from 'kysely';
import { toJson } from '../access/text.ts';
import type { Batch } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';
import { insertMeasurements, type NewMeasurement } from './insert-measurements.ts';
import {
  exceededOf,
  type LimitUse,
  limitsWith,
  limitUse,
  lockLimitsToAccept,
  type QuotaExceeded,
} from './limit-use.ts';

/** A batch that was stored, and how much of each limit of the user is used with it. */
interface Accepted {
  readonly id: number;
  readonly limits: readonly LimitUse[];
}

/** A request that may be repeated: the same user, key and hash mean the same batch for a day. */
export interface RepeatableRequest {
  readonly key: string;
  readonly hash: string;
  /** Pairs that the answer names as left out; any value that JSON can represent. */
  readonly rejected: unknown;
}

/** The batch that a request with the same key submitted before. */
export interface Repeated extends Pick<Batch, 'rejected'> {
  readonly repeatedId: number;
  /** Whether the request before was another one. */
  readonly isOther: boolean;
}

/** A batch that a user submits. */
export interface BatchRequest {
  readonly user: User;
  /** API key; null for a session that began without one. */
  readonly keyId: number | null;
  readonly measurements: readonly NewMeasurement[];
  readonly isBulk: boolean;
  readonly now: Date;
  readonly repeatable: RepeatableRequest | undefined;
  /** Context of the trace of the request. */
  readonly trace?: string | undefined;
}

/** What becomes of a request. */
export type Acceptance = Accepted | QuotaExceeded | Repeated;

const REPEATABLE_MS = 86_400_000;

/**
 * Stores batches of one user (at least one), each with all its measurements, in one transaction. Returns for each of them that it is stored, or why it is not: the
 * limit of the user that it would exceed, or the batch of the same request before. Only a request that is alone may be repeatable.
 * @throws {StorageError} `badText`, `userDisabled`: nothing is stored
 */
export async function acceptBatches(db: Kysely<Schema>, requests: readonly BatchRequest[]): Promise<Acceptance[]> {
  const [{ user }] = requests;
  return db.transaction().execute(async (transaction) => {
    await lockLimitsToAccept(transaction, user);
    for (const { repeatable, now } of requests) {
      const before = repeatable && (await repeatedBy(transaction, user, repeatable, now));
      if (before !== undefined) return [before];
      if (repeatable !== undefined) await forgetKey(transaction, user, repeatable.key);
    }
    const now = new Date(Math.max(...requests.map((request) => request.now.getTime())));
    let limits: readonly LimitUse[] = await limitUse(transaction, user, now);
    const admitted: BatchRequest[] = [];
    const decisions = requests.map((request) => {
      const size = request.measurements.length;
      const exceeded = exceededOf(limits, size);
      if (exceeded !== undefined) return exceeded;
      limits = limitsWith(limits, size);
      return { index: admitted.push(request) - 1, limits };
    });
    const ids = await insertBatches(transaction, user, admitted);
    return decisions.map((decision) =>
      'index' in decision ? { id: ids[decision.index], limits: decision.limits } : decision,
    );
  });
}

/** The batch of a user that a request with this key submitted within a day before `now`. */
export async function repeatedBy(
  db: Kysely<Schema>,
  user: User,
  { key, hash }: Pick<RepeatableRequest, 'key' | 'hash'>,
  now: Date,
): Promise<Repeated | undefined> {
  const found = await db
    .selectFrom('batches')
    .select(['id', 'request_hash', 'rejected'])
    .where('user_id', '=', user.id)
    .where('idempotency_key', '=', key)
    .where('created_at', '>', new Date(now.getTime() - REPEATABLE_MS))
    .executeTakeFirst();
  return found && { repeatedId: found.id, isOther: found.request_hash !== hash, rejected: found.rejected };
}

async function forgetKey(db: Transaction<Schema>, user: User, key: string): Promise<void> {
  await db
    .updateTable('batches')
    .set({ idempotency_key: null })
    .where('user_id', '=', user.id)
    .where('idempotency_key', '=', key)
    .execute();
}

/** Stores batches with their measurements. Returns their ids. */
async function insertBatches(
  db: Transaction<Schema>,
  user: User,
  requests: readonly BatchRequest[],
): Promise<readonly number[]> {
  if (requests.length === 0) return [];
  const stored = await db
    .insertInto('batches')
    .values(
      requests.map(({ keyId, measurements, now, repeatable, trace }) => ({
        ...{ user_id: user.id, key_id: keyId, size: measurements.length, created_at: now },
        trace: trace ?? null,
        idempotency_key: repeatable?.key ?? null,
        request_hash: repeatable?.hash ?? null,
        rejected: repeatable === undefined ? sql<string>`default` : toJson(repeatable.rejected),
      })),
    )
    .returning('id')
    .execute();
  const ids = stored.map(({ id }) => id);
  const batches = requests.map(({ measurements, isBulk, now }, i) => ({
    ...{ id: ids[i], userId: user.id, isBulk, createdAt: now, measurements },
  }));
  await insertMeasurements(db, batches);
  return ids;
}
