import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { median } from '../statistics/quantiles.ts';
import { completion } from './completion.ts';
import { OptionError } from './option-error.ts';
import { profiled } from './profile/profiled.ts';
import { StorageSteps } from './storage-steps.ts';

/** Batches that are measured at once, each of as many pairs. */
const LANES = 10;
const MOST_PER_BATCH = 2_000;
const GOAL_PER_SECOND = 1_740;
const POLL_MS = 250;

/**
 * Measures `--measurements` reverse traceroutes (default 20,000) through the API on the medium Internet, with an embedded database on disk and virtual
 * time at full speed. With `--safety on` (the default) or `off`, reports the rate, the processor time for each measurement while more and more are
 * stored, and the profile of as many measurements again as a tenth. With `both`, reports the rates with and without kill switches, budgets, circuit
 * breakers and audit, of `--rounds` runs each (default 3), in turn.
 */
export async function benchThroughput(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measurements: { type: 'string', default: '20000' },
      safety: { type: 'string', default: 'on' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const [measurements, rounds] = [Number(values.measurements), Number(values.rounds)];
  for (const count of [measurements, rounds])
    if (!(Number.isInteger(count) && count > 0))
      throw new OptionError('--measurements and --rounds must be positive whole numbers');
  if (values.safety === 'both') return compareSafety(measurements, rounds);
  if (values.safety !== 'on' && values.safety !== 'off') throw new OptionError('--safety must be on, off or both');
  return withSystem(values.safety === 'on', async (load) => {
    const { perSecond, ...run } = await load.run(measurements);
    const shareOfGoal = Math.round((100 * perSecond) / GOAL_PER_SECOND) / 100;
    const { costs } = await profiled(() => load.run(Math.ceil(measurements / 10)));
    return { measurements, ...run, perSecond, shareOfGoal, loadOfMachine: loadavg()[0], costs };
  });
}

async function compareSafety(measurements: number, rounds: number) {
  const off: Run[] = [];
  const on: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each order once in two rounds, because the machine may become slower or faster meanwhile.
    for (const isOn of round % 2 === 0 ? [false, true] : [true, false])
      (isOn ? on : off).push(await withSystem(isOn, (load) => load.run(measurements)));
  }
  const ratio = (figure: (run: Run) => number): number =>
    Math.round(100 * median(off.map((run, i) => figure(run) / figure(on[i])))) / 100;
  return {
    rounds,
    perSecondOff: off.map(({ perSecond }) => perSecond),
    perSecondOn: on.map(({ perSecond }) => perSecond),
    processorMsOff: off.map(({ processorMs }) => processorMs.process),
    processorMsOn: on.map(({ processorMs }) => processorMs.process),
    ratioOfRates: ratio(({ seconds }) => seconds),
    ratioByProcessorTime: ratio(({ processorMs }) => processorMs.process),
  };
}

type Run = Awaited<ReturnType<Load['run']>>;

/** Lets `use` run measurements on a new system. */
async function withSystem<T>(isGuarded: boolean, use: (load: Load) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-bench-'));
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
  const system = await startSimulatedSystem(
    world,
    {
      ...{ host: '127.0.0.1', port: 0, concurrency: 1_000, realTime: false, isGuarded },
      database: join(directory, 'data'),
      audit: { directory: join(directory, 'audit') },
    },
    pino({ level: 'error' }),
  );
  try {
    return await use(new Load(world, new ReverseTracerouteClient({ server: system.url, key: system.key })));
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

class Load {
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
