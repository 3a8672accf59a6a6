import type { Clock } from '@revtr/probing';
import type { Batch, Batches, MeasurementRow, QuotaExceeded, User } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError } from '../foundation/errors.ts';
import { type CheckedPairs, completePairs, type RequestedPair, screenPairs } from './check-pairs.ts';
import type { DestinationCheck } from './destination-check.ts';
import { DEFAULT_NAME_LIMITS, type NameLimits, resolveNames } from './resolve-names.ts';

const QUOTAS = {
  perDay: { code: 'quotaPerDay', period: 'per day' },
  parallel: { code: 'quotaParallel', period: 'at the same time' },
  perMinute: { code: 'quotaPerMinute', period: 'per minute' },
} as const;

export interface SubmissionOptions {
  /** Most pairs in one batch. */
  readonly maxBatch: number;
  /** Limits of the resolution of host names. Default {@link DEFAULT_NAME_LIMITS}. */
  readonly names?: NameLimits;
}

/** Accepts batches from users: checks them, stores them, and wakes the runner. */
export class Submission {
  readonly #maxBatch: number;
  readonly #nameLimits: NameLimits;
  readonly #batches: Batches;
  readonly #directory: AgentDirectory;
  readonly #clock: Clock;
  readonly #checks: { readonly facts: AddressFacts; readonly destinationCheck: DestinationCheck };
  readonly #onAccepted: () => void;

  constructor(
    options: SubmissionOptions,
    collaborators: {
      readonly batches: Batches;
      readonly directory: AgentDirectory;
      readonly clock: Clock;
      readonly facts: AddressFacts;
      readonly destinationCheck: DestinationCheck;
      readonly onAccepted: () => void;
    },
  ) {
    this.#maxBatch = options.maxBatch;
    this.#nameLimits = options.names ?? DEFAULT_NAME_LIMITS;
    this.#batches = collaborators.batches;
    this.#directory = collaborators.directory;
    this.#clock = collaborators.clock;
    this.#checks = collaborators;
    this.#onAccepted = collaborators.onAccepted;
  }

  /**
   * Stores a batch; when this resolves it is durable. Bad pairs refuse the whole batch unless `skipInvalid` is set.
   * @throws {ControllerError} `emptyBatch`, `batchTooLarge`, `invalidPairs`, and the quota codes
   */
  async submit(
    user: User,
    pairs: readonly RequestedPair[],
    { skipInvalid }: { readonly skipInvalid: boolean },
  ): Promise<{ readonly batchId: number; readonly rejected: CheckedPairs['rejected'] }> {
    if (pairs.length === 0) throw new ControllerError('emptyBatch', 'the batch holds no pair');
    if (pairs.length > this.#maxBatch) {
      const details = { size: pairs.length, most: this.#maxBatch };
      const message = `a batch holds at most ${details.most} pairs, not ${details.size}`;
      throw new ControllerError('batchTooLarge', message, details);
    }
    const { facts, destinationCheck } = this.#checks;
    const sources = this.#directory.readySources().map(({ address }) => address);
    const screened = screenPairs(pairs, sources, destinationCheck);
    refuseInvalid(pairs.length, screened.candidates.length, screened.rejected, skipInvalid);
    if (screened.names.length > 0) {
      // Names are not resolved for a batch that the user's limits do not allow.
      const exceeded = await this.#batches.exceeded(user, screened.candidates.length, this.#now());
      if (exceeded !== undefined) throw quotaError(exceeded, screened.candidates.length);
    }
    const resolved = await resolveNames(screened.names, this.#nameLimits, { facts, clock: this.#clock });
    const { accepted, rejected } = completePairs(screened, resolved, destinationCheck);
    refuseInvalid(pairs.length, accepted.length, rejected, skipInvalid);
    const outcome = await this.#batches.accept(user, accepted, this.#now());
    if (!('id' in outcome)) throw quotaError(outcome, accepted.length);
    this.#onAccepted();
    return { batchId: outcome.id, rejected };
  }

  /** A batch, for its owner or an operator. @throws {ControllerError} `notFound`, for everybody else too */
  async batchOf(user: User, batchId: number): Promise<Batch> {
    const batch = await this.#batches.find(batchId);
    if (batch === undefined || (batch.user_id !== user.id && user.role !== 'operator')) {
      throw new ControllerError('notFound', `there is no batch ${batchId}`);
    }
    return batch;
  }

  /** The measurements of a batch, for its owner or an operator. @throws {ControllerError} `notFound` */
  async measurementsOf(user: User, batchId: number): Promise<MeasurementRow[]> {
    const { id } = await this.batchOf(user, batchId);
    return this.#batches.measurementsOf(id);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** @throws {ControllerError} `invalidPairs` when no pair is left, or when some are rejected and must not be skipped */
function refuseInvalid(total: number, usable: number, rejected: CheckedPairs['rejected'], skipInvalid: boolean): void {
  if (usable > 0 && (rejected.length === 0 || skipInvalid)) return;
  const places = rejected.map(({ at, code, message }) => ({ at, code, message }));
  throw new ControllerError('invalidPairs', `${rejected.length} of ${total} pairs cannot be measured`, { places });
}

function quotaError({ limit, allowed, used, retryAfterSeconds }: QuotaExceeded, asked: number): ControllerError {
  const { code, period } = QUOTAS[limit];
  const message = `the limit is ${allowed} measurements ${period}: ${used} are used, and the batch asks for ${asked} more`;
  return new ControllerError(code, message, { allowed, used, asked, retryAfterSeconds });
}
