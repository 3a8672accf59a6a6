import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '@revtr/probing';
import { KernelLabError } from '../namespaces/errors.ts';
import { removeNamespace } from '../namespaces/namespaces.ts';
import { startKernelSystem } from './kernel-system.ts';
import { parseTopology } from './topology.ts';

const HELP = `npm run lab -- up FILE     build a network of Linux routers from a topology file and run the system on it until Ctrl-C
npm run lab -- down        stop the system and remove the network
npm run lab -- test        run the tests of the kernel lab

Requires root and the Debian packages iproute2, nftables, procps and scamper. docs/kernel-lab.md describes the topology file.
REVTR_PORT sets the port of the API (default 8080).
`;

const PREFIX = 'rlab';
/** File with the ID of the process that runs the lab. */
const HOLDER = join(tmpdir(), 'revtr-lab.pid');

async function up(file: string): Promise<number> {
  const topology = parseTopology(JSON.parse(readFileSync(file, 'utf8')));
  const port = Number(process.env.REVTR_PORT ?? 8080);
  writeFileSync(HOLDER, String(process.pid), { flag: 'wx' });
  try {
    const stop = new AbortController();
    // A second signal must not end the process before the lab is removed: npm passes on the SIGINT that the terminal sends to both.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
    const onProgress = (message: string): void => {
      process.stderr.write(`${message}\n`);
    };
    const system = await startKernelSystem(topology, { prefix: PREFIX, port, onProgress, signal: stop.signal });
    const { api, key, operatorKey, source, namespaces, failed } = system;
    process.stdout.write(`${JSON.stringify({ api, key, operatorKey, source, namespaces })}\n`);
    await untilAborted(AbortSignal.any([stop.signal, failed]));
    if (failed.aborted) process.stderr.write(`lab: ${failed.reason.message}\n`);
    process.stderr.write('removing the lab\n');
    await system.stop();
    return failed.aborted ? 1 : 0;
  } finally {
    rmSync(HOLDER, { force: true });
  }
}

/** Stops the process that runs the lab, then removes namespaces that a killed process has left behind. */
async function down(): Promise<number> {
  const holder = readHolder();
  if (holder !== undefined && isAlive(holder)) {
    process.kill(holder, 'SIGTERM');
    for (let tries = 0; isAlive(holder) && tries < 100; tries++) await sleep(100);
  }
  rmSync(HOLDER, { force: true });
  const left = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0]);
  for (const namespace of left.filter((name) => name.startsWith(`${PREFIX}-`))) await removeNamespace(namespace);
  return 0;
}

function readHolder(): number | undefined {
  try {
    return Number(readFileSync(HOLDER, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function test(): number {
  const vitest = join(import.meta.dirname, '../../../../node_modules/.bin/vitest');
  const suites = ['topology', 'kernel-lab', 'scamper-prober', 'link-prober', 'warts', 'tun'].map(
    (name) => `packages/lab/test/${name}.test.ts`,
  );
  return spawnSync(vitest, ['run', ...suites], { stdio: 'inherit' }).status ?? 1;
}

async function main([command, file]: readonly string[]): Promise<number> {
  if (command === 'up' && file !== undefined) return up(file);
  if (command === 'down') return down();
  if (command === 'test') return test();
  process.stderr.write(HELP);
  return command === 'help' || command === '--help' ? 0 : 2;
}

// A reader that has ended, for example after Ctrl-C in a pipe, must not end this process before the lab is removed (EPIPE).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isHeld = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  const isExpected =
    error instanceof KernelLabError || error instanceof SyntaxError || (error instanceof Error && 'code' in error);
  if (!isExpected) throw error;
  process.stderr.write(
    isHeld
      ? 'lab: a lab is already running. To remove it, run: npm run lab -- down\n'
      : `lab: ${error instanceof Error ? error.message : ''}\n`,
  );
  process.exitCode = 1;
}
