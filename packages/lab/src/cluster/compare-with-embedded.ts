import { ReverseTracerouteClient } from '@revtr/client';
import { ROLES } from '@revtr/controller';
import { systemClock } from '@revtr/probing';
import type { Size } from '@revtr/sim';
import { throwIfStopped } from '../namespaces/errors.ts';
import { type LocalCluster, startCluster } from './cluster.ts';
import { type ComparedResult, comparedResult, compareResults, type Difference } from './compared-result.ts';
import { type PlannedProcess, SINGLE_PROCESS } from './process-layout.ts';
import { psql } from './psql.ts';
import { untilReady } from './servers.ts';

export interface ComparisonOptions {
  readonly prefix: string;
  readonly size: Size;
  readonly seed: number;
  readonly engines: number;
  /** Pairs to measure, spread over the sources of all engines. */
  readonly pairs: number;
  /** How often all pairs are measured on each system. */
  readonly runs: number;
}

/** How the results of a cluster compare with those of one process with an embedded database. */
export interface ComparisonReport {
  readonly pairs: number;
  /** Engines that measured. */
  readonly engines: number;
  readonly hops: number;
  readonly reached: number;
  /** Pairs with the same result in all runs. */
  readonly identical: number;
  /** Pairs whose results differ between the runs on one system: their results depend on when answers arrive. */
  readonly varying: number;
  /** What is the same in all runs on each system, and differs between the systems. */
  readonly differences: readonly Difference[];
}

/** An engine derives who operates a router from the atlases of its own sources: with several sources, it knows less than one process that owns all. */
const SOURCES = 1;
const VANTAGE_POINTS = 20;
/** An engine tells the others what it learned about vantage points once a minute: after this time, all know it. */
const SHARED_MS = 75_000;
/**
 * Answers are listened for up to five seconds, also after the end of a measurement: what they teach must not depend on how far the next one is. An engine
 * knows vantage points that have connected within this time as well.
 */
const SETTLED_MS = 5_500;

type Results = readonly ComparedResult[];

/**
 * Measures the same pairs several times on a cluster, and as often with one process that has an embedded database, in the same order, on a simulated
 * Internet whose answers depend neither on chance nor on time. Requires root. @throws {KernelLabError}
 */
export async function compareWithEmbedded(
  options: ComparisonOptions,
  { onProgress, signal }: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
): Promise<ComparisonReport> {
  const withSystem = async <T>(
    layout: readonly PlannedProcess[],
    use: (cluster: LocalCluster) => Promise<T>,
  ): Promise<T> => {
    const { prefix, size, seed } = options;
    const isEmbedded = layout === SINGLE_PROCESS;
    const cluster = await startCluster({
      ...{ prefix, size, seed, layout, isEmbedded, onProgress, signal },
      ...{ sources: SOURCES, vantagePoints: VANTAGE_POINTS, hasAtlases: true, isCalm: true },
    });
    try {
      return await use(cluster);
    } finally {
      await cluster.stop();
    }
  };
  const measure = { onProgress, signal };
  const [ofCluster, ofEmbedded]: [Results[], Results[]] = [[], []];
  let engines = 0;
  for (let run = 1; run <= options.runs; run++) {
    onProgress(`run ${run} of ${options.runs} on each system`);
    const sources = await withSystem(withEngines(options.engines), async (cluster) => {
      const sources = await sourceOfEachEngine(cluster);
      ofCluster.push(await measureAll(cluster, sources, options.pairs, { ...measure, shareMs: SHARED_MS }));
      return sources;
    });
    engines = sources.length;
    ofEmbedded.push(
      await withSystem(SINGLE_PROCESS, (cluster) =>
        measureAll(cluster, sources, options.pairs, { ...measure, shareMs: 0 }),
      ),
    );
  }
  return { engines, ...compareResults(ofEmbedded, ofCluster) };
}

/** A process of each engine, and one for all other roles. */
const withEngines = (count: number): readonly PlannedProcess[] => [
  { name: 'front1', roles: ROLES.filter((role) => role !== 'engine') },
  ...Array.from({ length: count }, (_, i) => ({ name: `engine${i + 1}`, roles: ['engine' as const] })),
];

/** One source of each engine that owns any. */
async function sourceOfEachEngine({ database, sources }: LocalCluster): Promise<readonly string[]> {
  let leases: readonly string[] = [];
  await untilReady('ownership', async () => {
    leases = await psql(
      database,
      "select owner, substr(name, 8) from leases where name like 'source/%' and until > clock_timestamp() order by name;",
    );
    return leases.length === sources.length;
  });
  const byOwner = new Map<string, string>();
  for (const lease of leases) {
    const [owner, source] = lease.split('|');
    if (!byOwner.has(owner)) byOwner.set(owner, source);
  }
  return [...byOwner.values()];
}

/** Measures one pair after the other, all pairs of a source before those of the next. */
async function measureAll(
  { apis, key, world }: LocalCluster,
  sources: readonly string[],
  count: number,
  {
    onProgress,
    signal,
    shareMs,
  }: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal; readonly shareMs: number },
): Promise<readonly ComparedResult[]> {
  const client = new ReverseTracerouteClient({ server: apis[0], key });
  await untilReady('fleet', async () => {
    const agents = await client.fleet.agents().catch(() => []);
    // After each test of an agent, the vantage points of which nothing is known are put into order by what is known at this moment.
    return agents.length > 0 && agents.every((agent) => isUsable(agent) && agent.lastTestedAt !== undefined);
  });
  for (const source of sources) await client.fleet.atlasWhenDone(source);
  const destinations = world.randomRequests(count, 'comparison').map(({ dst }) => dst);
  const results: ComparedResult[] = [];
  for (const [turn, src] of sources.entries()) {
    if (turn > 0) await systemClock.sleep(shareMs, signal);
    for (const [i, dst] of destinations.entries()) {
      if (i % sources.length !== turn) continue;
      await systemClock.sleep(SETTLED_MS, signal).catch(() => undefined);
      throwIfStopped(signal);
      const pair = { src, dst, label: `pair ${i}`, useCache: false, isRunRttPings: false };
      const { batchId } = await client.submit([pair]);
      const { measurements } = await client.wait(batchId);
      results.push(...measurements.map(comparedResult));
      if (results.length % 5 === 0) onProgress(`${results.length} of ${count} pairs measured`);
    }
  }
  return results;
}

const isUsable = ({ connected, state }: { readonly connected: boolean; readonly state: string }): boolean =>
  connected && state === 'ready';
