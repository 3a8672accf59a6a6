import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { completion } from './completion.ts';
import { profiled } from './profile/profiled.ts';

const BATCHES = 10;
const PER_BATCH = 2_000;
const GOAL_PER_SECOND = 1_740;

/**
 * Measures 20,000 reverse traceroutes through the API on the medium Internet, with an embedded database on disk and virtual time
 * at full speed. With `--safety on` (the default) or `off`, reports the rate of one run and a CPU profile; with `both`, the rates with and
 * without kill switches, budgets, circuit breakers and audit, of `--rounds` runs each (default 3), in turn.
 */
export async function benchThroughput(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: { safety: { type: 'string', default: 'on' }, rounds: { type: 'string', default: '3' } },
  });
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds must be a positive whole number');
  if (values.safety === 'both') return compareSafety(rounds);
  if (values.safety !== 'on' && values.safety !== 'off') throw new Error('--safety must be on, off or both');
  const { result, costs } = await runSystem(values.safety === 'on', profiled);
  const { reached, seconds, perSecond, cpuSeconds } = result;
  return {
    measurements: BATCHES * PER_BATCH,
    reached,
    seconds,
    perSecond,
    shareOfGoal: Math.round((100 * perSecond) / GOAL_PER_SECOND) / 100,
    cpuSeconds,
    costs,
  };
}

async function compareSafety(rounds: number) {
  const off: Run[] = [];
  const on: Run[] = [];
  const unprofiled = (work: () => Promise<Run>): Promise<Run> => work();
  for (let round = 0; round < rounds; round++) {
    // Each order once in two rounds, because the machine may become slower or faster meanwhile.
    for (const isOn of round % 2 === 0 ? [false, true] : [true, false])
      (isOn ? on : off).push(await runSystem(isOn, unprofiled));
  }
  const ratios = (figure: (run: Run) => number): number[] => off.map((run, i) => figure(run) / figure(on[i]));
  return {
    rounds,
    perSecondOff: off.map(({ perSecond }) => perSecond),
    perSecondOn: on.map(({ perSecond }) => perSecond),
    cpuSecondsOff: off.map(({ cpuSeconds }) => cpuSeconds.process),
    cpuSecondsOn: on.map(({ cpuSeconds }) => cpuSeconds.process),
    ratioOfRates: median(ratios(({ seconds }) => seconds)),
    ratioByProcessorTime: median(ratios(({ cpuSeconds }) => cpuSeconds.process)),
  };
}

interface Run {
  readonly reached: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly cpuSeconds: { readonly process: number; readonly mainThread: number };
}

/** Runs all measurements on a new system. `observe` runs the part that counts. */
async function runSystem<Observed>(
  isGuarded: boolean,
  observe: (work: () => Promise<Run>) => Promise<Observed>,
): Promise<Observed> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-bench-'));
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
  const audit = { directory: join(directory, 'audit') };
  const system = await startSimulatedSystem(
    world,
    {
      host: '127.0.0.1',
      port: 0,
      database: join(directory, 'data'),
      concurrency: 1_000,
      realTime: false,
      audit,
      isGuarded,
    },
    pino({ level: 'error' }),
  );
  try {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = world.randomRequests(BATCHES * PER_BATCH).map((pair) => ({ ...pair, isRunRttPings: false }));
    return await observe(async () => {
      const cpu = process.cpuUsage();
      const thread = process.threadCpuUsage();
      const started = performance.now();
      const batchIds = await Promise.all(
        Array.from({ length: BATCHES }, async (_, i) => {
          const { batchId } = await client.submit(pairs.slice(i * PER_BATCH, (i + 1) * PER_BATCH));
          await completion(client, batchId);
          return batchId;
        }),
      );
      const seconds = (performance.now() - started) / 1000;
      const { user, system: kernel } = process.cpuUsage(cpu);
      const own = process.threadCpuUsage(thread);
      const batches = await Promise.all(batchIds.map((id) => client.batch(id)));
      const measurements = batches.flatMap((batch) => batch.measurements);
      return {
        reached: measurements.filter((measurement) => measurement.result?.stopReason === 'reaches').length,
        seconds: Math.round(seconds * 100) / 100,
        perSecond: Math.round(pairs.length / seconds),
        cpuSeconds: { process: (user + kernel) / 1e6, mainThread: (own.user + own.system) / 1e6 },
      };
    });
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(100 * sorted[sorted.length >> 1]) / 100;
}
