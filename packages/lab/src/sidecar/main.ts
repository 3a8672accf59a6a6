import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseOrExit } from '../command-line.ts';
import { sidecarCycle } from './cycle.ts';
import { OriginalClient } from './original-client.ts';

const HELP = `npm run sidecar-cycle -- [--minutes N] [--rate N] [--pairs N] [--database URL]

Runs the cycle of the original's sidecar against a system with a simulated
Internet in another process: asks for the sources with an atlas over gRPC, and
sends batches with the options of the sidecar and deadlines of 30 seconds. The
client is made from the proto file at run time by another gRPC implementation
than that of the server.

  --minutes N      how long batches are sent (default 10)
  --rate N         batches in a second (default 100)
  --pairs N        pairs in a batch (default 1)
  --database URL   database of the system (default: embedded, in a temporary
                   directory)

Prints a report as JSON. The exit code is 1 if a call failed or a measurement
was lost.
`;

const SOURCES_EVERY_MS = 15_000;
const SETTLE_MS = 120_000;
const readySchema = z.object({ port: z.int(), key: z.string(), destinations: z.array(z.ipv4()).min(1) });
const usageSchema = z.object({ cpuSeconds: z.number(), residentMebibytes: z.number() });

async function main(): Promise<number> {
  const options = {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '100' },
    pairs: { type: 'string', default: '1' },
    database: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ options }), HELP);
  const [minutes, rate, pairs] = [Number(values.minutes), Number(values.rate), Number(values.pairs)];
  if (values.help || !(minutes > 0 && rate > 0 && Number.isInteger(pairs) && pairs > 0)) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
  const script = fileURLToPath(new URL('./system.ts', import.meta.url));
  const child = fork(script, values.database === undefined ? [] : [values.database]);
  try {
    const { port, key, destinations } = readySchema.parse(await nextMessage(child));
    const client = new OriginalClient(`localhost:${port}`);
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const before = await usageOf(child);
    const report = await sidecarCycle(
      { seconds: minutes * 60, perSecond: rate, pairs, sourcesEveryMs: SOURCES_EVERY_MS, settleMs: SETTLE_MS },
      { client, key, destinations, onProgress },
    );
    const after = await usageOf(child);
    client.close();
    const usage = {
      systemCpuSeconds: Math.round(after.cpuSeconds - before.cpuSeconds),
      systemMebibytes: after.residentMebibytes,
      loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    };
    process.stdout.write(`${JSON.stringify({ ...report, ...usage }, null, 2)}\n`);
    return report.lost === 0 && Object.keys(report.errors).length === 0 ? 0 : 1;
  } finally {
    if (child.connected) child.disconnect();
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the system ended');
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}

async function usageOf(child: ChildProcess) {
  child.send('usage');
  return usageSchema.parse(await nextMessage(child));
}

process.exitCode = await main();
