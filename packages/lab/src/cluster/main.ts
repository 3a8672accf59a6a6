import { parseArgs } from 'node:util';
import { formatIpv4 } from '@revtr/net';
import { untilAborted } from '@revtr/probing';
import { isSize, SIZES } from '@revtr/sim';
import { parseOrExit } from '../command-line.ts';
import { KernelLabError } from '../namespaces/errors.ts';
import { startCluster } from './cluster.ts';
import { compareWithEmbedded } from './compare-with-embedded.ts';
import { separateProcesses } from './process-layout.ts';
import { renderUpgrade, upgradeCluster } from './upgrade.ts';

const HELP = `npm run cluster -- [--size SIZE] [--seed N] [--per-role N]
                       [--upgrade-from REF | --compare N [--runs N]]

Starts a controller of many processes on this machine: N processes of each role
(default 2), PostgreSQL, NATS, and a fleet of simulated agents in a new network
namespace. Prints the addresses of the APIs, and runs until Ctrl-C.

  --size SIZE     simulated Internet: ${Object.keys(SIZES).join(', ')} (default small)
  --seed N        seed of the simulated Internet (default 1)
  --per-role N    processes of each role, 1 to 8 (default 2)
  --upgrade-from REF
                  start the version of a Git commit, tag or branch, replace one
                  process after the other by this version while measurements
                  run, check that every accepted pair ends once, and stop; exit
                  code 1 if not
  --compare N     measure N pairs several times on a cluster whose engines are
                  processes of their own (--per-role of them) and as often with
                  one process that has an embedded database, on a simulated
                  Internet whose answers do not depend on chance or time, print
                  as JSON what is the same in all runs of each system and
                  differs between the systems, and stop; exit code 1 if anything
                  does
  --runs N        with --compare: runs on each system, 1 or more (default 2)

Requires root and the Debian packages iproute2, nats-server and postgresql.
docs/cluster.md describes the processes.
`;

const PREFIX = 'rclus';
const SOURCES = 3;
const VANTAGE_POINTS = 20;
const FIRST_PORT = 8080;
const MOST_PER_ROLE = 8;

async function main(): Promise<number> {
  const options = {
    size: { type: 'string', default: 'small' },
    seed: { type: 'string', default: '1' },
    'per-role': { type: 'string', default: '2' },
    'upgrade-from': { type: 'string' },
    compare: { type: 'string' },
    runs: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ options }), HELP);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { size } = values;
  const [seed, perRole] = [Number(values.seed), Number(values['per-role'])];
  const [pairs, runs] = [Number(values.compare ?? 1), Number(values.runs)];
  if (!isSize(size)) return refused('size', size);
  if (!Number.isInteger(seed)) return refused('seed', values.seed);
  if (!(Number.isInteger(perRole) && perRole >= 1 && perRole <= MOST_PER_ROLE))
    return refused('per-role', values['per-role']);
  if (!(Number.isInteger(pairs) && pairs >= 1)) return refused('compare', values.compare);
  if (!(Number.isInteger(runs) && runs >= 1)) return refused('runs', values.runs);
  if (process.getuid?.() !== 0) {
    process.stderr.write('cluster: network namespaces require root\n');
    return 1;
  }
  const isCompared = values.compare !== undefined;
  const say = (message: string): void => void (isCompared ? process.stderr : process.stdout).write(`${message}\n`);
  const stopping = new AbortController();
  // A second Ctrl-C must not leave processes behind.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());
  if (isCompared) {
    const { signal } = stopping;
    const options = { prefix: PREFIX, size, seed, engines: perRole, pairs, runs };
    const report = await compareWithEmbedded(options, { onProgress: say, signal });
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return report.differences.length === 0 ? 0 : 1;
  }
  const from = values['upgrade-from'];
  if (from !== undefined) {
    const { signal } = stopping;
    const report = await upgradeCluster({ ...{ from, prefix: PREFIX, size, seed, perRole }, onProgress: say, signal });
    process.stdout.write(renderUpgrade(report));
    return report.faults.length === 0 ? 0 : 1;
  }
  const ports = Array.from({ length: perRole }, (_, i) => FIRST_PORT + i);
  const cluster = await startCluster({
    ...{ prefix: PREFIX, size, seed, sources: SOURCES, vantagePoints: VANTAGE_POINTS, ports },
    layout: separateProcesses(perRole),
    ...{ onProgress: say, signal: stopping.signal },
    onEnd: (name, { exitCode, signal }) => say(`${name} ended (${signal ?? `exit code ${exitCode}`})`),
  });
  const [{ destination }] = cluster.world.randomPairs(1);
  const [source] = cluster.sources;
  say(`APIs: ${cluster.apis.join(' ')}`);
  say(`logs: ${cluster.directory}`);
  for (const [name, { pid }] of cluster.processes) say(`  ${name.padEnd(10)} process ${pid}`);
  say(`To try it, run in another terminal:
  export REVTR_SERVER=${cluster.apis[0]} REVTR_KEY=${cluster.key}
  npx revtr sources
  npx revtr measure ${formatIpv4(destination)} --to ${source}
Press Ctrl-C to stop.`);
  await untilAborted(stopping.signal);
  say('stopping');
  await cluster.stop();
  return 0;
}

/** Says which value is wrong. Returns the exit code. */
function refused(option: string, value: string | undefined): number {
  process.stderr.write(`cluster: the value '${value}' of --${option} is invalid\n\n${HELP}`);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof KernelLabError)) throw error;
  process.stderr.write(`cluster: ${error.message}\n`);
  process.exitCode = 1;
}
