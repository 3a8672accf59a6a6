import { emptyStats, type ReverseTraceroute, type ReverseTracerouteEngine } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import type { Job, Jobs } from '@revtr/storage';
import type { Logger } from 'pino';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { Metrics } from '../foundation/metrics.ts';
import type { BatchEvents } from './batch-events.ts';
import { measurementOptionsSchema } from './options.ts';
import { ResultWriter } from './result-writer.ts';
import { compactResult, type StoredResult, toStoredHops, toStoredResult } from './stored-result.ts';

export interface RunnerOptions {
  /** Name under which jobs are borrowed: unique among running processes. */
  readonly owner: string;
  /** Measurements under way at once. */
  readonly concurrency: number;
  /** How long a job is borrowed; renewed while the process lives. Milliseconds. */
  readonly leaseMs: number;
  /** How often to look for work that nobody announced, milliseconds. */
  readonly pollMs: number;
}

export interface RunnerCollaborators {
  readonly jobs: Jobs;
  readonly engine: ReverseTracerouteEngine;
  readonly facts: AddressFacts;
  readonly events: BatchEvents;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const LEAST_LEASE = 50;

/** Takes measurements from the queue, runs them, and stores their results. */
export class MeasurementRunner {
  readonly #options: RunnerOptions;
  readonly #collaborators: RunnerCollaborators;
  readonly #writer: ResultWriter;
  /** One for each measurement under way: a signal with thousands of listeners is slow. */
  readonly #underWay = new Set<AbortController>();
  #isStopping = false;
  readonly #batchOf = new Map<number, { readonly batchId: number; readonly stopReason: string }>();
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: RunnerOptions, collaborators: RunnerCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { jobs, log } = collaborators;
    const onStored = (id: number): void => this.#announceEnd(id);
    this.#writer = new ResultWriter({ owner: options.owner, gatherMs: 5, retryMs: 500 }, { jobs, log, onStored });
  }

  start(): void {
    const { owner, leaseMs } = this.#options;
    this.#loop = this.#run();
    this.#renewal = setInterval(() => {
      this.#collaborators.jobs.renew(owner, this.#leaseEnd()).catch((error: unknown) => {
        this.#collaborators.log.error({ err: error }, 'leases could not be renewed');
      });
    }, leaseMs / 3);
  }

  /** Says that there may be new work. */
  notify(): void {
    this.#wake();
  }

  /** Ends measurements under way, stores what is done, and gives the rest back to the queue. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const measurement of this.#underWay) measurement.abort();
    clearInterval(this.#renewal);
    this.#wake();
    await this.#loop;
    await this.#writer.flush();
    await this.#collaborators.jobs.release(this.#options.owner);
  }

  async #run(): Promise<void> {
    const { jobs, log } = this.#collaborators;
    while (!this.#isStopping) {
      const room = this.#options.concurrency - this.#underWay.size;
      let taken: readonly Job[] = [];
      if (room >= Math.min(LEAST_LEASE, this.#options.concurrency)) {
        try {
          taken = await jobs.lease(this.#options.owner, room, new Date(), this.#leaseEnd());
        } catch (error) {
          log.error({ err: error }, 'no work could be taken');
        }
      }
      for (const job of taken) void this.#measure(job);
      if (taken.length === 0) await this.#waitForWork();
    }
    while (this.#underWay.size > 0) await this.#waitForWork();
  }

  async #measure(job: Job): Promise<void> {
    const { metrics, log, facts } = this.#collaborators;
    const cancel = new AbortController();
    this.#underWay.add(cancel);
    try {
      const result = await this.#runEngine(job, cancel.signal);
      metrics.measured(result);
      if (!cancel.signal.aborted) this.#store(job, toStoredResult(result, facts));
    } catch (error) {
      log.error({ err: error, revtr: job.id }, 'a measurement broke');
      this.#store(job, brokenResult(job));
    } finally {
      this.#underWay.delete(cancel);
      if (this.#options.concurrency - this.#underWay.size >= LEAST_LEASE || this.#underWay.size === 0) this.#wake();
    }
  }

  #runEngine(job: Job, signal: AbortSignal): Promise<ReverseTraceroute> {
    const { engine, events, facts } = this.#collaborators;
    const request = {
      source: parseIpv4(job.source),
      destination: parseIpv4(job.destination),
      options: measurementOptionsSchema.parse(job.options ?? {}),
    };
    return engine.measure(request, {
      signal,
      onProgress: (hops) => {
        if (!events.wantsPaths(job.batchId)) return;
        events.publish(job.batchId, {
          type: 'path',
          measurement: job.id,
          hops: toStoredHops(hops, facts),
        });
      },
    });
  }

  #store(job: Job, result: StoredResult): void {
    this.#batchOf.set(job.id, { batchId: job.batchId, stopReason: result.stopReason });
    this.#writer.add({ id: job.id, result: compactResult(result) });
  }

  #announceEnd(id: number): void {
    const ended = this.#batchOf.get(id);
    if (ended === undefined) return;
    this.#batchOf.delete(id);
    this.#collaborators.events.publish(ended.batchId, { type: 'ended', measurement: id, stopReason: ended.stopReason });
  }

  #waitForWork(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, this.#options.pollMs);
      this.#wake = done;
    });
  }

  #leaseEnd(): Date {
    return new Date(Date.now() + this.#options.leaseMs);
  }
}

/** What is stored for a measurement that failed for a reason of our own. */
function brokenResult({ destination }: Job): StoredResult {
  const now = Date.now();
  return {
    plan: '',
    stopReason: 'failed',
    failReason: {
      code: 'internal',
      message: 'the measurement broke; the operator can find the reason in the log',
      hop: destination,
    },
    startedAt: now,
    endedAt: now,
    hops: [],
    stats: emptyStats(),
    attempts: [],
  };
}
