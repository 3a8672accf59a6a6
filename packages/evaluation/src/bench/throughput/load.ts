import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { completion } from '../completion.ts';
import { StorageSteps } from './storage-steps.ts';

/** Batches that are measured at once, each of as many pairs. */
const LANES = 10;
const MOST_PER_BATCH = 2_000;
const POLL_MS = 250;

/** What a system of the benchmark is like. */
export interface SystemOptions {
  /** Whether kill switches, budgets, circuit breakers and the audit are in use. */
  readonly isGuarded: boolean;
  /** Directory of the embedded database. */
  readonly database: string;
}

/** Lets `use` run measurements on a system of the medium Internet, with virtual time at full speed. */
export async function withSystem<T>(options: SystemOptions, use: (load: Load) => Promise<T>): Promise<T> {
  const { database, isGuarded } = options;
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
  const system = await startSimulatedSystem(
    world,
    {
      ...{ host: '127.0.0.1', port: 0, concurrency: 1_000, realTime: false, isGuarded },
      database,
      audit: { directory: `${database}.audit` },
    },
    pino({ level: 'error' }),
  );
  try {
    return await use(new Load(world, new ReverseTracerouteClient({ server: system.url, key: system.key })));
  } finally {
    await system.stop();
  }
}

/** A run of measurements. */
export type Run = Awaited<ReturnType<Load['run']>>;

/** Measures through the API of one system. */
export class Load {
  readonly #world: SimulatedWorld;
  readonly #client: ReverseTracerouteClient;
  #batches = 0;

  constructor(world: SimulatedWorld, client: ReverseTracerouteClient) {
    this.#world = world;
    this.#client = client;
  }

  /** Measures new pairs. Processor time is that of the whole process, with simulator, client and database, in milliseconds for each measurement. */
  async run(measurements: number) {
    const perBatch = Math.min(MOST_PER_BATCH, Math.ceil(measurements / LANES));
    const steps = new StorageSteps(measurements);
    const thread = process.threadCpuUsage();
    const batchIds: number[] = [];
    let left = measurements;
    let submitted = 0;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        const count = Math.min(perBatch, left);
        left -= count;
        const pairs = this.#world.randomRequests(count, `batch ${this.#batches++}`);
        const { batchId } = await this.#client.submit(pairs.map((pair) => ({ ...pair, isRunRttPings: false })));
        batchIds.push(batchId);
        submitted += count;
        await completion(this.#client, batchId);
      }
    };
    const over = new AbortController();
    const observing = (async () => {
      while (!over.signal.aborted) {
        const known = submitted;
        // A server that is busy may close an idle connection as a request arrives: the next look makes up for it.
        const queue = await this.#client.fleet.queue().catch(ignoreUnreachable);
        if (queue !== undefined) steps.note(known - queue.queued - queue.running);
        await sleep(POLL_MS);
      }
    })();
    await Promise.all(Array.from({ length: LANES }, lane));
    const { seconds, processorMs, growth } = steps.report(measurements);
    over.abort();
    await observing;
    const { user, system } = process.threadCpuUsage(thread);
    return {
      reached: await this.#reached(batchIds),
      seconds,
      perSecond: Math.round(measurements / seconds),
      processorMs: { process: processorMs, mainThread: Math.round((user + system) / measurements) / 1000 },
      growth,
    };
  }

  async #reached(batchIds: readonly number[]): Promise<number> {
    let reached = 0;
    for (const id of batchIds)
      for await (const { stopReason } of this.#client.eachOutline(id)) if (stopReason === 'reaches') reached++;
    return reached;
  }
}

function ignoreUnreachable(error: unknown): undefined {
  if (!(error instanceof ClientError) || error.code !== 'unreachable') throw error;
}
