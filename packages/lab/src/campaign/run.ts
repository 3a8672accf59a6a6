import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { SimulatedInternet, type Size, simParameters } from '@revtr/sim';
import { type CampaignReport, checkCampaign } from './check.ts';
import { countWithDuckDb, countWithPandas, hasPandas, type RowCount } from './count-rows.ts';
import { DemoServer } from './demo-server.ts';
import { requireSpace } from './disk-space.ts';
import { batchesOf, exportAll } from './export-all.ts';
import { type Measured, measureAll } from './measure-all.ts';
import { writePairs } from './pairs-file.ts';

/** Seed of the simulated Internet of the demo. */
const DEMO_SEED = 1;
const FORMATS = ['parquet', 'csv'] as const;
const REPORT_MS = 30_000;
/** How long a server rests after its start, before its memory is measured. */
const SETTLE_MS = 10_000;

/** A campaign on the demo system. */
export interface CampaignOptions {
  readonly pairs: number;
  /** Size of the simulated Internet. */
  readonly size: Size;
  /** Directory for the database, the pairs and the output; it must be empty. */
  readonly directory: string;
  readonly port: number;
  /** Measurements under way at once. */
  readonly concurrency: number;
  /** Whether the client is killed twice and the server once. */
  readonly isInterrupted: boolean;
}

/** What other programs find in the results. */
interface ReadBack {
  /** Seconds to read all results from the server, once in each format. */
  readonly readSeconds: number;
  /** How much the memory of a server that was just started grew at most while all results were read, MiB. */
  readonly serverGrowthMib: number;
  readonly duckDbParquet: RowCount;
  readonly duckDbJsonLines: RowCount;
  /** Absent when pandas is not installed. */
  readonly pandasCsv?: RowCount;
}

/** What a campaign took, what the checker says about its output, and what other programs find in it. */
export interface CampaignRun extends CampaignReport, Measured, ReadBack {
  /** Whether every program counts as many results as the output has, each once. */
  readonly areCountsEqual: boolean;
}

interface Collaborators {
  readonly say: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the demo and a campaign against it, kills both on the way, checks the output, and reads all results again.
 * @throws {CampaignError}
 */
export async function runCampaign(options: CampaignOptions, collaborators: Collaborators): Promise<CampaignRun> {
  const { pairs, size, directory, port, concurrency, isInterrupted } = options;
  const { say, signal } = collaborators;
  requireSpace(directory, pairs);
  const [pairsFile, output] = [join(directory, 'pairs.txt'), join(directory, 'results.jsonl')];
  const demo = { size, database: join(directory, 'database'), port, concurrency };
  let server = new DemoServer(demo);
  try {
    say('starting the demo');
    const key = await server.key(signal);
    const client = new ReverseTracerouteClient({ server: server.url, key, signal });
    const { places } = new SimulatedInternet({ parameters: simParameters(size, DEMO_SEED, {}, 'published') });
    const sources = (await client.sources()).map(({ ip = '' }) => ip);
    await writePairs(pairsFile, pairs, { hitlist: places.hitlist, sources });
    say(`${pairs} pairs are in ${pairsFile}; measuring`);
    const measured = await measureAll(
      { pairs, pairsFile, output, key, kills: isInterrupted ? ['client', 'server', 'client'] : [] },
      {
        ...collaborators,
        server: () => server,
        restart: async () => {
          server = await server.restart();
        },
      },
    );
    say('checking the output');
    const report = await checkCampaign(pairsFile, output);
    say('starting the demo again, to read all results from it');
    await server.stop();
    server = new DemoServer(demo);
    await server.key(signal);
    const readBack = await readAll({ directory, output }, { ...collaborators, server, client });
    const expected = report.results - (report.outcomes.rejected ?? 0);
    const counts = [
      readBack.duckDbParquet,
      readBack.duckDbJsonLines,
      ...(readBack.pandasCsv ? [readBack.pandasCsv] : []),
    ];
    const areCountsEqual = counts.every(({ rows, distinct }) => rows === expected && distinct === expected);
    return { ...report, ...measured, ...readBack, areCountsEqual };
  } finally {
    await server.stop();
  }
}

async function readAll(
  { directory, output }: { readonly directory: string; readonly output: string },
  {
    server,
    client,
    say,
    signal,
  }: Collaborators & { readonly server: DemoServer; readonly client: ReverseTracerouteClient },
): Promise<ReadBack> {
  const files = join(directory, 'exports');
  const batches = await batchesOf(`${output}.journal`);
  await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
  const restMib = server.resetMostMib();
  const startedAt = performance.now();
  let [written, reportedAt] = [0, startedAt];
  const onBatch = (): void => {
    written++;
    if (performance.now() - reportedAt < REPORT_MS) return;
    reportedAt = performance.now();
    say(
      `${written} of ${FORMATS.length * batches.length} exports, server ${server.mostMib - restMib} MiB more than before`,
    );
  };
  await exportAll(batches, { directory: files, formats: FORMATS }, { client, signal, onBatch });
  const readSeconds = Math.round((performance.now() - startedAt) / 1_000);
  const serverGrowthMib = Math.max(0, server.mostMib - restMib);
  say('counting with DuckDB and pandas');
  const { parquet, jsonLines } = await countWithDuckDb(files, output);
  const pandasCsv = (await hasPandas()) ? await countWithPandas(files) : undefined;
  await rm(files, { recursive: true });
  return {
    ...{ readSeconds, serverGrowthMib, duckDbParquet: parquet, duckDbJsonLines: jsonLines },
    ...(pandasCsv !== undefined && { pandasCsv }),
  };
}
