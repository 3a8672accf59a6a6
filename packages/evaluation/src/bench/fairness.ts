import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { generateApiKey, hashApiKey } from '@revtr/storage';
import { pino } from 'pino';
import { quantile } from '../statistics/quantiles.ts';
import { completion } from './completion.ts';
import { inDirectory } from './in-directory.ts';
import { integerOptions } from './integer-options.ts';
import { profiled } from './profile/profiled.ts';

const LIMITS = { max_per_day: 1_000_000, max_parallel: 1_000_000, max_per_minute: 1_000_000 };

/**
 * How long a batch of two takes, from the submission to its last result, while the queue is empty and while a batch of `--bulk` pairs (default 100,000)
 * of another user, and one of the same user, are measured. Batches of two follow each other for `--seconds` (default 10) in each case. Virtual time runs
 * at full speed, so that the machine is the bottleneck: a measurement takes as long as the machine needs for all that are in progress with it.
 */
export function benchFairness(args: readonly string[]) {
  const { bulk, seconds } = integerOptions(args, { bulk: 100_000, seconds: 10 });
  return inDirectory(async (directory) => {
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
    let submitted = 0;
    const pairs = (count: number) => {
      const drawn = world.randomRequests(count, `pairs ${submitted++}`);
      return drawn.map((pair) => ({ ...pair, isRunRttPings: false }));
    };
    try {
      const [greedy, other] = [await clientOf('greedy'), await clientOf('other')];
      const latencies = async (client: ReverseTracerouteClient): Promise<number[]> => {
        const taken: number[] = [];
        for (const started = performance.now(); performance.now() - started < seconds * 1000; ) {
          const begun = performance.now();
          const { batchId } = await client.submit(pairs(2));
          await completion(client, batchId);
          taken.push(performance.now() - begun);
        }
        return taken;
      };
      await latencies(other);
      const idle = await latencies(other);
      const { batchId } = await greedy.submit(pairs(bulk));
      const doneBefore = await doneOf(greedy, batchId);
      const [busy, own] = [await latencies(other), await latencies(greedy)];
      const told = await greedy.waiting(batchId);
      const doneAfter = await doneOf(greedy, batchId);
      const { costs } = await profiled(() => latencies(other));
      await greedy.cancel(batchId);
      return {
        bulk,
        idle: summary(idle),
        besideBulkOfAnotherUser: summary(busy),
        besideOwnBulk: summary(own),
        bulkMeasuredMeanwhile: doneAfter - doneBefore,
        bulkLeft: bulk - doneAfter,
        bulkEndsInSeconds: told.endsInSeconds,
        costs,
      };
    } finally {
      await system.stop();
    }
  });
}

async function doneOf(client: ReverseTracerouteClient, batchId: number): Promise<number> {
  for await (const { id, done } of client.eachBatch()) if (id === batchId) return done;
  return 0;
}

const summary = (latencies: readonly number[]) => ({
  batches: latencies.length,
  medianMs: Math.round(quantile(latencies, 0.5)),
  p95Ms: Math.round(quantile(latencies, 0.95)),
});
