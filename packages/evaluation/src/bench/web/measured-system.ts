import { setTimeout } from 'node:timers/promises';
import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { WEB_DIRECTORY } from '@revtr/web/build';
import { pino } from 'pino';

const ROWS = 10_000;
const PATHS = 1_000;
const POLL_MS = 500;

/** A system with measurements that the pages of the benchmark show. */
export interface MeasuredSystem {
  readonly url: string;
  readonly key: string;
  /** Id of one measurement, of a batch of 10,000 measurements, and of one of 1,000 that reach their source. */
  readonly measurement: number;
  readonly rowsBatch: number;
  readonly pathsBatch: number;
  stop(): Promise<void>;
}

/** Starts a system on the medium simulated Internet and measures the batches. */
export async function startMeasuredSystem(): Promise<MeasuredSystem> {
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 1 });
  const options = {
    ...{ host: '127.0.0.1', port: 0, database: 'memory:', concurrency: 200, maxBatch: ROWS, realTime: false },
    webDirectory: WEB_DIRECTORY,
  };
  const system = await startSimulatedSystem(world, options, pino({ level: 'fatal' }));
  const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  const source = formatIpv4(world.sources[0].address);
  const destinations = [...new Set(world.randomPairs(4 * ROWS).map(({ destination }) => formatIpv4(destination)))];
  const submit = async (count: number, wanted: readonly string[]): Promise<number> => {
    const pairs = Array.from({ length: count }, (_, i) => ({ src: source, dst: wanted[i % wanted.length] }));
    const { batchId } = await client.submit(pairs.map((pair, i) => ({ ...pair, label: `row ${i}` })));
    while ((await isUnderWay(client, batchId)) !== false) await setTimeout(POLL_MS);
    return batchId;
  };
  const rowsBatch = await submit(ROWS, destinations);
  const { measurements } = await client.outlines(rowsBatch);
  const reached = measurements.filter(({ stopReason }) => stopReason === 'reaches');
  const pathsBatch = await submit(PATHS, [...new Set(reached.map(({ destination }) => destination))]);
  return { ...system, measurement: reached[0].id, rowsBatch, pathsBatch };
}

/** Whether measurements of a batch have not ended; `undefined` when the connection broke, which happens on an overloaded machine. */
async function isUnderWay(client: ReverseTracerouteClient, batchId: number): Promise<boolean | undefined> {
  try {
    const batch = (await client.batches()).find(({ id }) => id === batchId);
    return batch === undefined || batch.done < batch.total;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'unreachable') return undefined;
    throw error;
  }
}
