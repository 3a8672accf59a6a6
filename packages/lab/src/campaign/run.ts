import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { SimulatedInternet, type Size, simParameters } from '@revtr/sim';
import { type CampaignReport, checkCampaign } from './check.ts';
import { DemoServer } from './demo-server.ts';
import { LineCounter } from './line-counter.ts';
import { writePairs } from './pairs-file.ts';
import { Program } from './program.ts';

const CLI = fileURLToPath(new URL('../../../cli/bin/revtr.js', import.meta.url));
const POLL_MS = 250;
const REPORT_MS = 30_000;
/** Seed of the simulated Internet of the demo. */
const DEMO_SEED = 1;
/** The exit code of `revtr` when its server cannot be reached: the campaign then goes on. */
const UNAVAILABLE = 3;

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

/** What a campaign took, and what the checker says about its output. */
export interface CampaignRun extends CampaignReport {
  /** Seconds from the first submission to the end of the client. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Largest resident memory, MiB. */
  readonly clientMib: number;
  readonly serverMib: number;
  /** Results in the output when a program was killed. */
  readonly kills: readonly { readonly program: 'client' | 'server'; readonly atResults: number }[];
  /** Exit code of the last run of the client: 1, because not every pair reaches its source. */
  readonly exitCode: number | null;
}

/** Runs the demo and a campaign against it, kills both on the way, and checks the output. @throws {KernelLabError} */
export async function runCampaign(
  options: CampaignOptions,
  { say, signal }: { readonly say: (message: string) => void; readonly signal: AbortSignal },
): Promise<CampaignRun> {
  const { pairs, size, directory, port, concurrency, isInterrupted } = options;
  const [pairsFile, out] = [join(directory, 'pairs.txt'), join(directory, 'results.jsonl')];
  let server = new DemoServer({ size, database: join(directory, 'database'), port, concurrency });
  let client: Program | undefined;
  try {
    say('starting the demo');
    const key = await server.key(signal);
    const { places } = new SimulatedInternet({ parameters: simParameters(size, DEMO_SEED, {}, 'published') });
    const listed = await new ReverseTracerouteClient({ server: server.url, key }).sources();
    const sources = listed.map(({ ip = '' }) => ip);
    await writePairs(pairsFile, pairs, { hitlist: places.hitlist, sources });
    say(`${pairs} pairs are in ${pairsFile}; measuring`);
    const start = (): Program =>
      new Program([CLI, 'batch', pairsFile, '--out', out], { REVTR_SERVER: server.url, REVTR_KEY: key });
    const counter = new LineCounter(out);
    const kills: { program: 'client' | 'server'; atResults: number }[] = [];
    const plan: ('client' | 'server')[] = isInterrupted ? ['client', 'server', 'client'] : [];
    const startedAt = performance.now();
    let [clientMib, serverMib, reportedAt] = [0, 0, startedAt];
    client = start();
    for (;;) {
      await sleep(POLL_MS);
      clientMib = Math.max(clientMib, client.mostMib);
      serverMib = Math.max(serverMib, server.mostMib);
      if (signal.aborted) {
        await client.end('SIGTERM');
        break;
      }
      if (!client.isRunning) {
        if ((await client.ended()) !== UNAVAILABLE) break;
        say('the client gave up waiting for the server; starting it again');
        client = start();
      }
      const results = await counter.count();
      if (performance.now() - reportedAt > REPORT_MS) {
        reportedAt = performance.now();
        say(`${results} of ${pairs} results, client ${clientMib} MiB, server ${serverMib} MiB`);
      }
      const next = plan[kills.length];
      if (next === undefined || results < ((kills.length + 1) * pairs) / (plan.length + 1)) continue;
      kills.push({ program: next, atResults: results });
      say(`killing the ${next} at ${results} results`);
      if (next === 'server') server = await server.restart();
      else {
        await client.end('SIGKILL');
        client = start();
      }
    }
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    say('checking the output');
    const report = await checkCampaign(pairsFile, out);
    const perSecond = Math.round(pairs / seconds);
    return { ...report, seconds, perSecond, clientMib, serverMib, kills, exitCode: await client.ended() };
  } finally {
    await client?.end('SIGTERM');
    await server.stop();
  }
}
