import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { generateApiKey, hashApiKey } from '@revtr/storage';
import { pino } from 'pino';
import { quantile } from '../statistics/quantiles.ts';

const LIMITS = { max_per_day: 1_000_000, max_parallel: 1_000_000, max_per_minute: 1_000_000 };

/**
 * How long a batch of two takes, from the submission to its last result, while the queue is empty and while a batch of `--bulk` pairs of another
 * user, and one of the same user, are measured. Virtual time runs at full speed, so that the machine is the bottleneck.
 */
export async function benchFairness(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      bulk: { type: 'string', default: '100000' },
      small: { type: 'string', default: '100' },
    },
  });
  const [bulk, small] = [Number(values.bulk), Number(values.small)];
  for (const count of [bulk, small])
    if (!(Number.isInteger(count) && count > 0)) throw new Error('--bulk and --small must be positive whole numbers');
  const directory = mkdtempSync(join(tmpdir(), 'revtr-bench-'));
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
  const system = await startSimulatedSystem(
    world,
    {
      ...{ host: '127.0.0.1', port: 0, database: join(directory, 'data'), concurrency: 500, realTime: false },
      ...{ maxBatch: bulk, audit: { directory: join(directory, 'audit') } },
    },
    pino({ level: 'error' }),
  );
  const { users } = system.controller;
  const clientOf = async (name: string): Promise<ReverseTracerouteClient> => {
    const user = await users.ensure({ name, email: `${name}@revtr.example`, role: 'user', ...LIMITS });
    const key = generateApiKey();
    await users.addKey(user.id, hashApiKey(key));
    return new ReverseTracerouteClient({ server: system.url, key });
  };
  const pairs = (count: number) => world.randomRequests(count).map((pair) => ({ ...pair, isRunRttPings: false }));
  try {
    const [greedy, other] = [await clientOf('greedy'), await clientOf('other')];
    const latencies = async (client: ReverseTracerouteClient): Promise<number[]> => {
      const taken: number[] = [];
      for (let i = 0; i < small; i++) {
        const begun = performance.now();
        const { batchId } = await client.submit(pairs(2));
        await client.wait(batchId);
        taken.push(performance.now() - begun);
      }
      return taken;
    };
    await latencies(other);
    const idle = await latencies(other);
    const { batchId } = await greedy.submit(pairs(bulk));
    const doneBefore = await doneOf(greedy, batchId);
    const busy = await latencies(other);
    const own = await latencies(greedy);
    const told = await greedy.waiting(batchId);
    const doneAfter = await doneOf(greedy, batchId);
    await greedy.cancel(batchId);
    return {
      bulk,
      smallBatches: small,
      idle: summary(idle),
      besideBulkOfAnotherUser: summary(busy),
      besideOwnBulk: summary(own),
      bulkMeasuredMeanwhile: doneAfter - doneBefore,
      bulkLeft: bulk - doneAfter,
      bulkEndsInSeconds: told.endsInSeconds,
    };
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function doneOf(client: ReverseTracerouteClient, batchId: number): Promise<number> {
  const [batch] = (await client.batches({ limit: 100 })).filter(({ id }) => id === batchId);
  return batch?.done ?? 0;
}

const summary = (latencies: readonly number[]) => ({
  medianMs: Math.round(quantile(latencies, 0.5)),
  p95Ms: Math.round(quantile(latencies, 0.95)),
});
