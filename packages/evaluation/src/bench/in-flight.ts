import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { inDirectory } from './in-directory.ts';
import { integerOptions } from './integer-options.ts';
import { profiled } from './profile/profiled.ts';

const PER_BATCH = 20_000;
/** Some places are kept for small batches, and the batches here are large. */
const MORE_PLACES = 1_000;
/** Each look at the memory collects all garbage, which takes longer the more is in flight. */
const SAMPLE_MS = 3_000;
const MIB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * Holds `--measurements` reverse traceroutes (default 100,000) in flight at once on the medium Internet: virtual time stands still until
 * all have begun, and then runs as fast as possible. Reports the memory that they add to that of a system at rest.
 */
export function benchInFlight(args: readonly string[]) {
  const { measurements: count } = integerOptions(args, { measurements: 100_000 });
  return inDirectory(async (directory) => {
    const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10 });
    const system = await startSimulatedSystem(
      world,
      {
        ...{ host: '127.0.0.1', port: 0, realTime: false, concurrency: count + MORE_PLACES },
        database: join(directory, 'data'),
        audit: { directory: join(directory, 'audit') },
      },
      pino({ level: 'error' }),
    );
    try {
      const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
      const pairs = world.randomRequests(count);
      const atRest = memory();
      const release = world.internet.clock.hold();
      for (let from = 0; from < count; from += PER_BATCH) await client.submit(pairs.slice(from, from + PER_BATCH));
      // A few end at once, because no probe is needed.
      while ((await client.fleet.queue()).queued > 0) await sleep(SAMPLE_MS);
      const { running } = await client.fleet.queue();
      const allBegun = memory();
      const started = performance.now();
      release();
      const { result: peak, costs } = await profiled(async () => {
        let most = allBegun;
        while ((await client.fleet.queue()).running > 0) {
          await sleep(SAMPLE_MS);
          const now = memory();
          if (now.liveMib > most.liveMib) most = now;
        }
        return most;
      });
      const addedMib = peak.liveMib - atRest.liveMib;
      return {
        inFlight: running,
        seconds: Math.round((performance.now() - started) / 1000),
        atRest,
        allBegun,
        peak,
        addedMib,
        kibibytesEach: Math.round((addedMib * 1024) / running),
        costs,
      };
    } finally {
      await system.stop();
    }
  });
}

/** `live`: the objects that can be reached, and the buffers that belong to them. */
function memory() {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentMib: Math.round(rss / MIB), liveMib: Math.round((heapUsed + external) / MIB) };
}
