import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseOrExit } from '../command-line.ts';
import { LEAST_DAYS, runWeek } from './week/run.ts';

const HELP = `npm run soak -- [--minutes N] [--disk-mib N] [--seed N]
npm run soak -- --days N [--measurements N] [--seed N]

Runs the whole system in a kernel lab for N minutes (default 60) while hostile
clients attack its API, agents and scampers die, the controller is killed, and
its disk is full from time to time. Checks that every accepted measurement ends
exactly once, and that memory, open files and threads of the controller stay
flat. The system keeps its files on a file system of --disk-mib MiB (default
2048) in memory. --seed (default 1) selects the order of the faults.

It requires root and the Debian packages iproute2, nftables, procps and scamper.

With --days N (at least ${LEAST_DAYS}), runs the controller with its embedded database on a
simulated Internet for N days of virtual time, which pass as fast as the
machine allows. Each day has --measurements measurements (default 4000), links
that fail, networks that change their announcements, agents that lose their
connections, sources that come and go, and users who join, use every part of the
API and delete their accounts. Records are kept for one day, atlases and alias
evidence for two. Checks that each accepted measurement ends, that no record is
kept longer, and that no table, file or memory grows after the third day. --seed
(default 1) selects everything that is random. It needs no root.

Both print progress to standard error and a report as JSON to standard output.
The exit code is 1 if a check failed.
`;

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));
const MOST_MINUTES = 10_080;
const MOST_DAYS = 1_000;
const MOST_MEASUREMENTS = 1_000_000;
const LEAST_MIB = 512;

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const options = {
    ...{ minutes: text, 'disk-mib': text, days: text, measurements: text },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ options }), HELP);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const seed = Number(values.seed);
  if (values.days !== undefined) {
    const [days, measurementsPerDay] = [Number(values.days), Number(values.measurements ?? 4_000)];
    const isValid =
      isWithin(days, LEAST_DAYS, MOST_DAYS) &&
      isWithin(measurementsPerDay, 1, MOST_MEASUREMENTS) &&
      Number.isInteger(seed) &&
      values.minutes === undefined &&
      values['disk-mib'] === undefined;
    return isValid ? runWeek({ days, measurementsPerDay, seed }) : refuse();
  }
  const [minutes, mib] = [Number(values.minutes ?? 60), Number(values['disk-mib'] ?? 2_048)];
  const isValid =
    minutes > 0 && minutes <= MOST_MINUTES && Number.isInteger(mib) && mib >= LEAST_MIB && Number.isInteger(seed);
  if (!isValid || values.measurements !== undefined) return refuse();
  if (process.getuid?.() !== 0) {
    process.stderr.write('soak: network namespaces and the small file system require root\n');
    return 1;
  }
  // The file system is mounted in a mount namespace that ends with the process.
  const command = ['--mount', '--propagation', 'private', process.execPath, INSIDE];
  return (
    spawnSync('unshare', [...command, String(minutes), String(mib), String(seed)], { stdio: 'inherit' }).status ?? 1
  );
}

const isWithin = (number: number, least: number, most: number): boolean =>
  Number.isInteger(number) && number >= least && number <= most;

function refuse(): number {
  process.stderr.write(HELP);
  return 2;
}

process.exitCode = await main();
