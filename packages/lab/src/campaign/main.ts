import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isSize, SIZES, type Size } from '@revtr/sim';
import { z } from 'zod';
import { parseOrExit } from '../command-line.ts';
import { CampaignError } from './errors.ts';
import { runCampaign } from './run.ts';
import { summaryOf } from './summary.ts';

const HELP = `npm run campaign -- [options]

Runs the demo and measures a file of pairs on it with "revtr batch --out". On
the way it kills the client twice and the server once with SIGKILL, and starts
them again. Then it checks that the output has every pair once, starts the demo
again, exports all results from it, and counts them with DuckDB and pandas. It
prints a table on standard error, and a report as JSON on standard output.

  --pairs <n>         number of distinct pairs (default 10000)
  --size <size>       size of the simulated Internet:
                      ${Object.keys(SIZES).join(', ')} (default medium)
  --concurrency <n>   measurements under way at once (default 500)
  --directory <dir>   directory for the database, the pairs and the results
                      (default: a temporary one, which is removed)
  --port <port>       port of the API (default 18080)
  --no-kills          kill nothing

A million pairs need about 28 GB of disk. The exit code is 1 if the output is
not complete, a program counts another number of results, the client used 286
MiB or more, or no result arrived for 15 minutes.
`;

/** 300 MB. */
const MOST_CLIENT_MIB = 286;

const optionsSchema = z.strictObject({
  pairs: z.coerce.number().int().min(1).max(10_000_000).default(10_000),
  size: z.custom<Size>((size) => typeof size === 'string' && isSize(size), 'unknown').default('medium'),
  concurrency: z.coerce.number().int().min(1).max(100_000).default(500),
  directory: z.string().min(1).optional(),
  port: z.coerce.number().int().min(1).max(65_535).default(18_080),
  'no-kills': z.boolean().default(false),
  help: z.boolean().default(false),
});

async function main(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ pairs: text, size: text, concurrency: text, directory: text, port: text },
    ...{ 'no-kills': flag, help: flag },
  };
  const { values } = parseOrExit(() => parseArgs({ args: [...args], options }), HELP);
  const read = optionsSchema.safeParse({ ...values });
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    process.stderr.write(`campaign: --${path.join('.')}: ${message}\n`);
    return 2;
  }
  const { pairs, size, concurrency, port, help, directory: given } = read.data;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  const directory = given ?? mkdtempSync(join(tmpdir(), 'revtr-campaign-'));
  const startedAt = performance.now();
  const say = (message: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`[${String(seconds).padStart(5)} s] ${message}\n`);
  };
  try {
    const run = await runCampaign(
      { pairs, size, directory, port, concurrency, isInterrupted: !read.data['no-kills'] },
      { say, signal: stop.signal },
    );
    process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
    process.stderr.write(summaryOf(run));
    return run.isGood && run.areCountsEqual && run.clientMib < MOST_CLIENT_MIB ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CampaignError || error instanceof RangeError)) throw error;
    process.stderr.write(`campaign: ${error.message}\n`);
    return 1;
  } finally {
    if (given === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
