import type { Clock } from '@revtr/probing';
import type { Batch, Batches, MeasurementRow, QuotaExceeded, User } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError, type ControllerErrorCode } from '../foundation/errors.ts';
import { type CheckedPairs, checkPairs, type RequestedPair } from './check-pairs.ts';
import type { DestinationCheck } from './destination-check.ts';

const QUOTA_CODES: Readonly<Record<QuotaExceeded['limit'], ControllerErrorCode>> = {
  perDay: 'quotaPerDay',
  parallel: 'quotaParallel',
  perMinute: 'quotaPerMinute',
};

/** Takes batches from users: checks them, stores them, and wakes whoever runs them. */
export class Submission {
  readonly #maxBatch: number;
  readonly #batches: Batches;
  readonly #directory: AgentDirectory;
  readonly #clock: Clock;
  readonly #checks: { readonly facts: AddressFacts; readonly destinationCheck: DestinationCheck };
  readonly #onAccepted: () => void;

  constructor(
    options: { readonly maxBatch: number },
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
      throw new ControllerError('batchTooLarge', `a batch holds at most ${this.#maxBatch} pairs, not ${pairs.length}`);
    }
    const sources = this.#directory.readySources().map(({ address }) => address);
    const { accepted, rejected } = await checkPairs(pairs, sources, this.#checks);
    if (accepted.length === 0 || (rejected.length > 0 && !skipInvalid)) {
      const details = rejected.map(({ at, code, message }) => ({ at, code, message }));
      throw new ControllerError(
        'invalidPairs',
        `${rejected.length} of ${pairs.length} pairs cannot be measured`,
        details,
      );
    }
    const outcome = await this.#batches.accept(user, accepted, new Date(this.#clock.now()));
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
}

function quotaError({ limit, allowed, used, retryAfterSeconds }: QuotaExceeded, asked: number): ControllerError {
  const message = `${asked} more would break the limit of ${allowed} ${limit === 'parallel' ? 'at once' : limit === 'perDay' ? 'a day' : 'a minute'}; ${used} are used`;
  return new ControllerError(QUOTA_CODES[limit], message, [], retryAfterSeconds);
}
