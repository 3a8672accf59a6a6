import { createHash } from 'node:crypto';
import { type Batch, isClientError } from '@revtr/client';
import type { ShownMeasurement } from '../check/history.ts';
import type { PlannedBatch } from '../plan/batches.ts';
import { type CallCollaborators, PersistentCalls } from './persistent-calls.ts';

/** How often a batch is looked at that no stream follows, milliseconds. */
const POLL_MS = 3_000;

/** A user whose programs submit batches, follow them, cancel some, and try every API until one answers. */
export class BatchClient {
  readonly #user: number;
  readonly #collaborators: CallCollaborators;
  readonly #calls: PersistentCalls;

  constructor(options: { readonly user: number }, collaborators: CallCollaborators) {
    this.#user = options.user;
    this.#collaborators = collaborators;
    this.#calls = new PersistentCalls({ firstApi: options.user }, collaborators);
  }

  /** Submits a batch, treats it as planned, and waits for its end. Ends early when the server refuses a request. */
  async measure(batch: PlannedBatch, signal: AbortSignal): Promise<void> {
    const { key, pairs, isRepeated, isFollowed, cancelAfterMs } = batch;
    this.#collaborators.history.write({ type: 'submitting', user: this.#user, key, pairs });
    await this.#unlessRefused({ subject: `batch with key ${key}`, key }, async () => {
      const batchId = await this.#submit(batch, signal);
      if (isRepeated) await this.#submit(batch, signal);
      const cancelling = cancelAfterMs === undefined ? undefined : this.#cancel(batchId, cancelAfterMs, signal);
      await Promise.all([isFollowed ? this.#follow(batchId, signal) : this.#poll(batchId, signal), cancelling]);
    });
  }

  /** Reads a batch for the last time, after all faults were repaired. */
  async readFinally(batchId: number, signal: AbortSignal): Promise<void> {
    await this.#unlessRefused({ subject: `batch ${batchId}` }, () => this.#read(batchId, true, signal));
  }

  /** Reads a batch until an API answers, and remembers what it shows. */
  async #read(batchId: number, isFinal: boolean, signal: AbortSignal): Promise<Batch> {
    const batch = await this.#calls.persist('read', (client) => client.batch(batchId), signal);
    const measurements = batch.measurements.map(shown);
    this.#collaborators.history.write({ type: 'read', batchId, isFinal, measurements });
    return batch;
  }

  /** Writes down that the server refused a request: every request of these clients is valid, unless all its destinations have opted out. */
  async #unlessRefused(
    about: { readonly subject: string; readonly key?: string },
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isClientError(error, 'refused')) throw error;
      this.#collaborators.history.write({ type: 'refused', ...about, code: error.details.serverCode });
    }
  }

  /** Returns the id of the batch. */
  async #submit({ key, pairs }: PlannedBatch, signal: AbortSignal): Promise<number> {
    const { history } = this.#collaborators;
    const asked = { skipInvalid: true, idempotencyKey: key };
    const { batchId, rejected } = await this.#calls.persist('submit', (client) => client.submit(pairs, asked), signal);
    const left = rejected.map(({ index, code }) => ({ index, code }));
    history.write({ type: 'accepted', user: this.#user, key, batchId, rejected: left });
    return batchId;
  }

  async #cancel(batchId: number, afterMs: number, signal: AbortSignal): Promise<void> {
    const { history, clock } = this.#collaborators;
    await clock.sleep(afterMs, signal);
    history.write({ type: 'cancelling', batchId });
    const { done, cancelled, cancelledAt } = await this.#calls.persist(
      'cancel',
      (client) => client.cancel(batchId),
      signal,
    );
    // A batch that had ended stays as it is.
    if (cancelledAt !== undefined) history.write({ type: 'cancelled', batchId, done, cancelled });
  }

  async #follow(batchId: number, signal: AbortSignal): Promise<void> {
    const { history } = this.#collaborators;
    await this.#calls.persist(
      'follow',
      (client) =>
        client.wait(batchId, {
          signal,
          onEvent: (event) => {
            if (event.type === 'ended') history.write({ ...event, batchId });
          },
        }),
      signal,
    );
    await this.#read(batchId, false, signal);
  }

  async #poll(batchId: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { done, total } = await this.#read(batchId, false, signal);
      if (done === total) return;
      await this.#collaborators.clock.sleep(POLL_MS, signal);
    }
  }
}

/** Names of addresses and networks may change: the digest is over what was measured. */
function shown({ id, source, destination, state, result }: Batch['measurements'][number]): ShownMeasurement {
  const hops = result?.hops.map(({ address, technique, trust }) => [address, technique, trust]);
  const digest = createHash('sha256')
    .update(JSON.stringify([result?.stopReason, result?.failReason?.code, result?.startedAt, hops]))
    .digest('base64url')
    .slice(0, 16);
  return {
    id,
    src: source,
    dst: destination,
    state,
    digest,
    ...(result !== undefined && { stopReason: result.stopReason }),
    ...(result?.failReason !== undefined && { failCode: result.failReason.code }),
  };
}
