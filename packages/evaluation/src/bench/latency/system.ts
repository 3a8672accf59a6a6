import { join } from 'node:path';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { untilAborted } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { PAIRS, type SystemUnderLoad } from './system-under-load.ts';

/** The system that `bench latency` measures, in a separate process. Its first argument is a directory for its data. */
const [directory] = process.argv.slice(2);
const world = new SimulatedWorld({ parameters: simParameters('medium', 1, {}, 'published'), sources: 10 });
const system = await startSimulatedSystem(
  world,
  {
    ...{ host: '127.0.0.1', port: 0, realTime: true, concurrency: 10_000 },
    clock: 'simulation',
    database: join(directory, 'data'),
    audit: { directory: join(directory, 'audit') },
  },
  pino({ level: 'error' }, pino.destination(2)),
);
const pairs = world.randomRequests(PAIRS);
process.send?.({ url: system.url, key: system.key, pairs } satisfies SystemUnderLoad);
const over = new AbortController();
process.once('disconnect', () => over.abort());
await untilAborted(over.signal);
await system.stop();
