import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { profiled } from './profile.ts';

const BATCHES = 10;
const PER_BATCH = 2_000;
const GOAL_PER_SECOND = 1_740;

/**
 * Measures 20,000 reverse traceroutes through the API on the medium Internet, with an embedded database on disk and virtual time
 * at full speed. Reports the rate of one run and a CPU profile.
 */
export async function benchThroughput() {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-bench-'));
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
  const system = await startSimulatedSystem(
    world,
    { host: '127.0.0.1', port: 0, database: directory, concurrency: 1_000, realTime: false },
    pino({ level: 'error' }),
  );
  try {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = world.randomPairs(BATCHES * PER_BATCH).map(({ source, destination }) => ({
      src: formatIpv4(source),
      dst: formatIpv4(destination),
      isRunRttPings: false,
    }));
    const cpu = process.cpuUsage();
    const thread = process.threadCpuUsage();
    const { result, byPlace, byFunction } = await profiled(async () => {
      const started = performance.now();
      const batchIds = await Promise.all(
        Array.from({ length: BATCHES }, async (_, i) => {
          const { batchId } = await client.submit(pairs.slice(i * PER_BATCH, (i + 1) * PER_BATCH));
          for await (const event of client.events(batchId)) if (event.type === 'complete') break;
          return batchId;
        }),
      );
      return { seconds: (performance.now() - started) / 1000, batchIds };
    });
    const { user, system: kernel } = process.cpuUsage(cpu);
    const own = process.threadCpuUsage(thread);
    const batches = await Promise.all(result.batchIds.map((id) => client.batch(id)));
    const measurements = batches.flatMap((batch) => batch.measurements);
    const perSecond = Math.round(pairs.length / result.seconds);
    return {
      measurements: measurements.length,
      reached: measurements.filter((measurement) => measurement.result?.stopReason === 'reaches').length,
      seconds: Math.round(result.seconds * 100) / 100,
      perSecond,
      shareOfGoal: Math.round((100 * perSecond) / GOAL_PER_SECOND) / 100,
      cpuSeconds: { process: (user + kernel) / 1e6, mainThread: (own.user + own.system) / 1e6 },
      costsByPlace: byPlace,
      costsByFunction: byFunction,
    };
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
