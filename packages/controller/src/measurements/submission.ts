import { createHash } from 'node:crypto';
import type { Clock } from '@revtr/probing';
import type { Batch, Batches, LimitUse, MeasurementRow, NewMeasurement, Repeated, User } from '@revtr/storage';
import { NO_TRACING, type Tracing } from '@revtr/tracing';
import { z } from 'zod';
import type { SourceAccess } from '../agents/source-access.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError } from '../foundation/errors.ts';
import { type CheckedPairs, completePairs, type RequestedPair, screenPairs } from './check-pairs.ts';
import type { DestinationCheck } from './destination-check.ts';
import { NameResolver } from './name-resolver.ts';
import { quotaError } from './quota-error.ts';
import type { NameLimits } from './resolve-names.ts';
import { orRefusal } from './storing.ts';

type Rejection = CheckedPairs['rejected'][number];

const rejectedSchema = z.array(z.object({ index: z.int(), at: z.string(), code: z.string(), message: z.string() }));

/** How a batch is submitted. */
export interface SubmitOptions {
  /** Whether bad pairs are left out. Without it they refuse the whole batch. */
  readonly skipInvalid: boolean;
  /** The API key of the request, `null` (the default) for a session that began without one. */
  readonly keyId?: number | null;
  /** The same request with the same key within a day is answered with the same batch. Default: none. */
  readonly idempotencyKey?: string | undefined;
  /** Whether nobody waits for the results: batches that somebody waits for come first, however small this one is. Default false. */
  readonly isBackground?: boolean;
}

/** A batch that is stored. */
export interface Submitted {
  readonly batchId: number;
  readonly rejected: readonly Rejection[];
  /** How much of each limit of the user is used now; empty for a repeated request. */
  readonly limits: readonly LimitUse[];
  /** Whether an earlier request with the same idempotency key submitted the batch. */
  readonly isRepeated: boolean;
}

export interface SubmissionOptions {
  /** Most pairs in one batch. */
  readonly maxBatch: number;
  /** Limits of the resolution of host names. Default as for {@link NameResolver}. */
  readonly names?: NameLimits;
}

/** Accepts batches from users: checks them, stores them, and wakes the runner. */
export class Submission {
  readonly #maxBatch: number;
  readonly #names: NameResolver;
  readonly #batches: Batches;
  readonly #sources: SourceAccess;
  readonly #clock: Clock;
  readonly #checks: { readonly facts: AddressFacts; readonly destinationCheck: DestinationCheck };
  readonly #isPublic: (owner: Pick<User, 'id'>) => boolean;
  readonly #onAccepted: () => void;
  readonly #onRejected: (user: User, rejection: Rejection) => void;
  readonly #tracing: Tracing;

  constructor(
    options: SubmissionOptions,
    collaborators: {
      readonly batches: Batches;
      readonly sources: SourceAccess;
      readonly clock: Clock;
      readonly facts: AddressFacts;
      readonly destinationCheck: DestinationCheck;
      /** Whether everybody may read the measurements of a user. Default: nobody's. */
      readonly isPublic?: (owner: Pick<User, 'id'>) => boolean;
      readonly onAccepted: () => void;
      /** Told of each pair that is rejected. */
      readonly onRejected?: (user: User, rejection: Rejection) => void;
      /** Default: no traces. */
      readonly tracing?: Tracing;
    },
  ) {
    this.#maxBatch = options.maxBatch;
    this.#names = new NameResolver(options.names, collaborators);
    this.#batches = collaborators.batches;
    this.#sources = collaborators.sources;
    this.#clock = collaborators.clock;
    this.#checks = collaborators;
    this.#isPublic = collaborators.isPublic ?? (() => false);
    this.#onAccepted = collaborators.onAccepted;
    this.#onRejected = collaborators.onRejected ?? (() => undefined);
    this.#tracing = collaborators.tracing ?? NO_TRACING;
  }

  /** Most pairs in one batch. */
  get maxBatch(): number {
    return this.#maxBatch;
  }

  /**
   * Stores a batch; when this resolves it is durable.
   * @throws {ControllerError} `emptyBatch`, `batchTooLarge`, `invalidPairs`, `idempotencyKeyReused`, `tooManyRequests`, `unauthorized`, and the quota codes
   */
  submit(user: User, pairs: readonly RequestedPair[], options: SubmitOptions): Promise<Submitted> {
    const attributes = { 'revtr.pairs': pairs.length };
    return this.#tracing.child('accept batch', { attributes }, () => this.#submit(user, pairs, options));
  }

  async #submit(
    user: User,
    pairs: readonly RequestedPair[],
    { skipInvalid, keyId = null, idempotencyKey, isBackground = false }: SubmitOptions,
  ): Promise<Submitted> {
    const request =
      idempotencyKey === undefined ? undefined : { key: idempotencyKey, hash: hashOf({ pairs, skipInvalid }) };
    const before = request && (await this.#batches.repeated(user, request, this.#now()));
    if (before !== undefined) return repeated(before);
    if (pairs.length === 0) throw new ControllerError('emptyBatch', 'the batch holds no pair');
    refuseLargeBatch(pairs.length, this.#maxBatch);
    const { accepted, rejected } = await this.#check(user, pairs, skipInvalid, async (size, hasNames) => {
      refuseImpossible(user, size);
      // Names are not resolved for a batch that the user's limits do not allow.
      const exceeded = hasNames ? await this.#batches.exceeded(user, size, this.#now()) : undefined;
      if (exceeded !== undefined) throw quotaError(exceeded, size);
    });
    for (const rejection of rejected) this.#onRejected(user, rejection);
    const repeatable = request && { ...request, rejected };
    const outcome = await orRefusal(
      this.#batches.accept(user, accepted, this.#now(), {
        keyId,
        repeatable,
        isBulk: isBackground || undefined,
        trace: this.#tracing.current(),
      }),
    );
    if ('repeatedId' in outcome) return repeated(outcome);
    if (!('id' in outcome)) throw quotaError(outcome, accepted.length);
    this.#onAccepted();
    return { batchId: outcome.id, rejected, limits: outcome.limits, isRepeated: false };
  }

  /** Checks a pair as a batch of its own, and stores nothing. Returns it with the address of its destination. @throws {ControllerError} `invalidPairs` */
  async check(user: User, pair: RequestedPair): Promise<NewMeasurement> {
    const { accepted } = await this.#check(user, [pair], false, async () => undefined);
    return accepted[0];
  }

  /** A batch, for its owner or an operator. @throws {ControllerError} `notFound`, for everybody else too */
  async batchOf(user: User, batchId: number): Promise<Batch> {
    const batch = await this.#batches.find(batchId);
    if (batch === undefined || !this.#mayRead(user, batch))
      throw new ControllerError('notFound', `there is no batch ${batchId}`);
    return batch;
  }

  /** A batch that `user` may change: the user's own, or any for an operator. @throws {ControllerError} `notFound` */
  async ownBatchOf(user: User, batchId: number): Promise<Batch> {
    const batch = await this.batchOf(user, batchId);
    if (batch.user_id !== user.id && user.role !== 'operator')
      throw new ControllerError('notFound', `you have no batch ${batchId}`);
    return batch;
  }

  /** A measurement, for its owner or an operator. @throws {ControllerError} `notFound`, for everybody else too */
  async measurementOf(user: User, id: number): Promise<MeasurementRow> {
    const row = await this.#batches.findMeasurement(id);
    if (row === undefined || !this.#mayRead(user, row))
      throw new ControllerError('notFound', `there is no measurement ${id}`);
    return row;
  }

  /** Checks pairs; `beforeLookUp` gets the number of pairs that are left when names are about to be resolved, and whether there are names. */
  async #check(
    user: User,
    pairs: readonly RequestedPair[],
    skipInvalid: boolean,
    beforeLookUp: (size: number, hasNames: boolean) => Promise<void>,
  ): Promise<CheckedPairs> {
    const { destinationCheck } = this.#checks;
    const sources = (await this.#sources.readySources(user)).map(({ address }) => address);
    const screened = screenPairs(pairs, sources, destinationCheck);
    this.#refuseInvalid(user, pairs.length, screened.candidates.length, screened.rejected, skipInvalid);
    await beforeLookUp(screened.candidates.length, screened.names.length > 0);
    const resolved = await this.#names.resolve(user, screened.names);
    const checked = completePairs(screened, resolved, destinationCheck);
    this.#refuseInvalid(user, pairs.length, checked.accepted.length, checked.rejected, skipInvalid);
    return checked;
  }

  /** @throws {ControllerError} `invalidPairs` when no pair is left, or when some are rejected and must not be skipped */
  #refuseInvalid(
    user: User,
    total: number,
    usable: number,
    rejected: readonly Rejection[],
    skipInvalid: boolean,
  ): void {
    if (usable > 0 && (rejected.length === 0 || skipInvalid)) return;
    for (const rejection of rejected) this.#onRejected(user, rejection);
    const places = rejected.map(({ at, code, message }) => ({ at, code, message }));
    throw new ControllerError('invalidPairs', `${rejected.length} of ${total} pairs cannot be measured`, { places });
  }

  #mayRead(user: User, { user_id }: { readonly user_id: number }): boolean {
    return user_id === user.id || user.role === 'operator' || this.#isPublic({ id: user_id });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

const hashOf = (request: unknown): string => createHash('sha256').update(JSON.stringify(request)).digest('base64url');

/** @throws {ControllerError} `idempotencyKeyReused` */
function repeated({ repeatedId, isOther, rejected }: Repeated): Submitted {
  if (isOther) {
    const message = 'another request used this idempotency key within the last 24 hours: use a new key for each batch';
    throw new ControllerError('idempotencyKeyReused', message);
  }
  return { batchId: repeatedId, rejected: rejectedSchema.parse(rejected), limits: [], isRepeated: true };
}

/** @throws {ControllerError} `batchTooLarge` when a batch has more than `most` pairs */
export function refuseLargeBatch(size: number, most: number): void {
  if (size <= most) return;
  throw new ControllerError('batchTooLarge', `a batch holds at most ${most} pairs, not ${size}`, { size, most });
}

/** @throws {ControllerError} `batchTooLarge` when waiting does not help: the batch alone exceeds a limit of the user */
function refuseImpossible(user: User, size: number): void {
  const most = Math.min(user.max_per_day, user.max_parallel, user.max_per_minute);
  if (size <= most) return;
  const message = `the limits of your account allow batches of at most ${most} pairs, not ${size}`;
  throw new ControllerError('batchTooLarge', message, { size, most });
}
