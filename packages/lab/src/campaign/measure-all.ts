import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DemoServer } from './demo-server.ts';
import { CampaignError } from './errors.ts';
import { LineCounter } from './line-counter.ts';
import { Program } from './program.ts';

const CLI = fileURLToPath(new URL('../../../cli/bin/revtr.js', import.meta.url));
const POLL_MS = 250;
const REPORT_MS = 30_000;
/** The campaign fails when no result arrives for this long. A database of a million results takes a minute to recover. */
const STALLED_MS = 900_000;
/** The exit code of `revtr` when its server cannot be reached: the campaign then goes on. */
const UNAVAILABLE = 3;

/** A file of pairs to measure. */
export interface Measuring {
  readonly pairs: number;
  readonly pairsFile: string;
  /** File that `revtr batch` writes. */
  readonly output: string;
  readonly key: string;
  /** The programs to kill, at equal distances. */
  readonly kills: readonly ('client' | 'server')[];
}

/** What measuring the pairs took. */
export interface Measured {
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

/**
 * Measures all pairs with `revtr batch`, and kills client and server on the way. `server` returns the demo that runs now, `restart` kills it and
 * starts it again. @throws {CampaignError} `stalled`, `stopped`
 */
export async function measureAll(
  { pairs, pairsFile, output, key, kills: plan }: Measuring,
  {
    server,
    restart,
    say,
    signal,
  }: {
    readonly server: () => DemoServer;
    readonly restart: () => Promise<void>;
    readonly say: (message: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Measured> {
  const start = (): Program =>
    new Program([CLI, 'batch', pairsFile, '--out', output], { REVTR_SERVER: server().url, REVTR_KEY: key });
  const counter = new LineCounter(output);
  const kills: { program: 'client' | 'server'; atResults: number }[] = [];
  const startedAt = performance.now();
  let [clientMib, serverMib, results] = [0, 0, 0];
  let [reportedAt, reported, changedAt] = [startedAt, 0, startedAt];
  let client = start();
  try {
    for (;;) {
      await sleep(POLL_MS);
      clientMib = Math.max(clientMib, client.mostMib);
      serverMib = Math.max(serverMib, server().mostMib);
      if (signal.aborted) throw new CampaignError('stopped', 'the campaign was stopped', {});
      if (!client.isRunning) {
        if ((await client.ended()) !== UNAVAILABLE) break;
        say('the client gave up waiting for the server; starting it again');
        client = start();
      }
      const now = performance.now();
      const before = results;
      results = await counter.count();
      if (results !== before) changedAt = now;
      const seconds = Math.round((now - changedAt) / 1_000);
      if (now - changedAt > STALLED_MS)
        throw new CampaignError('stalled', `no result arrived for ${seconds} s`, { results, seconds });
      if (now - reportedAt > REPORT_MS) {
        const rate = ((results - reported) * 1_000) / (now - reportedAt);
        const average = (results * 1_000) / (now - startedAt);
        const left = results === 0 ? '' : `, about ${Math.round((pairs - results) / average / 60)} min left`;
        say(
          `${results} of ${pairs} results, ${Math.round(rate)}/s${left}, client ${clientMib} MiB, server ${serverMib} MiB`,
        );
        [reportedAt, reported] = [now, results];
      }
      const next = plan[kills.length];
      if (next === undefined || results < ((kills.length + 1) * pairs) / (plan.length + 1)) continue;
      kills.push({ program: next, atResults: results });
      say(`killing the ${next} at ${results} results`);
      if (next === 'server') await restart();
      else {
        await client.end('SIGKILL');
        client = start();
      }
    }
    const seconds = Math.max(1, Math.round((performance.now() - startedAt) / 1_000));
    const exitCode = await client.ended();
    return { seconds, perSecond: Math.round(pairs / seconds), clientMib, serverMib, kills, exitCode };
  } finally {
    await client.end('SIGTERM');
  }
}
