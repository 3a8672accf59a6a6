import { createHash } from 'node:crypto';
import { ClientError, type Measurement, type ReverseTracerouteClient } from '@revtr/client';
import type { Clock, Random } from '@revtr/probing';

export interface AcceptedWorkCollaborators {
  readonly client: ReverseTracerouteClient;
  readonly clock: Clock;
  readonly random: Random;
}

const BATCH_SIZE = 50;
/** Batches that have not ended; no more are submitted then. */
const MOST_OPEN = 4;
const PAUSE_MS = 500;
const MOST_TRIES = 100;

/** What became of the accepted measurements. */
export interface WorkReport {
  readonly batches: number;
  readonly measurements: number;
  readonly reached: number;
  /** Submissions that the server has refused or not answered. */
  readonly refused: number;
  /** Faults, with their numbers. */
  readonly unfinished: number;
  readonly changed: number;
}

/** Submits batches without pause, and remembers what the server has accepted and answered. */
export class AcceptedWork {
  readonly #pairs: readonly { readonly src: string; readonly dst: string }[];
  readonly #collaborators: AcceptedWorkCollaborators;
  readonly #open = new Set<number>();
  /** Digest of the results of each batch that has ended. */
  readonly #ended = new Map<number, string>();
  #refused = 0;
  #reached = 0;

  constructor(
    options: { readonly source: string; readonly destinations: readonly string[] },
    collaborators: AcceptedWorkCollaborators,
  ) {
    this.#pairs = options.destinations.map((dst) => ({ src: options.source, dst }));
    this.#collaborators = collaborators;
  }

  get ended(): number {
    return this.#ended.size;
  }

  /** Submits batches and collects their results until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#collaborators;
    while (!signal.aborted) {
      if (this.#open.size < MOST_OPEN) await this.#submit();
      await this.#collect();
      await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }

  /** Waits until all batches have ended, for at most `mostMs`, and asks for every result again. */
  async finish(mostMs: number): Promise<WorkReport> {
    const { clock, client } = this.#collaborators;
    const until = clock.now() + mostMs;
    while (this.#open.size > 0 && clock.now() < until) {
      await this.#collect();
      await clock.sleep(PAUSE_MS);
    }
    let changed = 0;
    for (const [id, digest] of this.#ended)
      if (digestOf((await this.#again(() => client.batch(id))).measurements) !== digest) changed++;
    return {
      batches: this.#ended.size + this.#open.size,
      measurements: (this.#ended.size + this.#open.size) * BATCH_SIZE,
      reached: this.#reached,
      refused: this.#refused,
      unfinished: this.#open.size,
      changed,
    };
  }

  /** Asks until the server answers, at most a hundred times. */
  async #again<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (tries === MOST_TRIES) throw error;
        this.#note(error);
        await this.#collaborators.clock.sleep(PAUSE_MS);
      }
    }
  }

  async #submit(): Promise<void> {
    const { client, random } = this.#collaborators;
    const pairs = Array.from({ length: BATCH_SIZE }, () => ({
      ...random.pick(this.#pairs),
      useCache: random.below(2) === 0,
    }));
    try {
      this.#open.add((await client.submit(pairs)).batchId);
    } catch (error) {
      this.#note(error);
    }
  }

  async #collect(): Promise<void> {
    for (const id of [...this.#open]) {
      try {
        const { done, total, measurements } = await this.#collaborators.client.batch(id);
        if (done < total) continue;
        this.#open.delete(id);
        this.#ended.set(id, digestOf(measurements));
        this.#reached += measurements.filter(({ result }) => result?.stopReason === 'reaches').length;
      } catch (error) {
        this.#note(error);
      }
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    this.#refused++;
  }
}

/** Names and notes of addresses may change: the digest is over what was measured. */
function digestOf(measurements: readonly Measurement[]): string {
  const measured = measurements.map(({ id, state, result }) => [
    id,
    state,
    result?.stopReason,
    result?.hops.map(({ address, technique, trust }) => [address, technique, trust]),
  ]);
  return createHash('sha256').update(JSON.stringify(measured)).digest('base64');
}
