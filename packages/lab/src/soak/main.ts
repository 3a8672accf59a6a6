import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseOrExit } from '../command-line.ts';

const HELP = `npm run soak -- [--minutes N] [--disk-mib N] [--seed N]

Runs the whole system in a kernel lab for N minutes (default 60) while hostile
clients attack its API, agents and scampers die, the controller is killed, and
its disk is full from time to time. Checks that every accepted measurement ends
exactly once, and that memory, open files and threads of the controller stay
flat. The system keeps its files on a file system of --disk-mib MiB (default
2048) in memory. --seed (default 1) selects the order of the faults.

Requires root and the Debian packages iproute2, nftables, procps and scamper.
Prints a line a minute to standard error and a report as JSON to standard
output. The exit code is 1 if a check failed.
`;

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));
const MOST_MINUTES = 10_080;
const LEAST_MIB = 512;

function main(): number {
  const options = {
    minutes: { type: 'string', default: '60' },
    'disk-mib': { type: 'string', default: '2048' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ options }), HELP);
  const [minutes, mib, seed] = [Number(values.minutes), Number(values['disk-mib']), Number(values.seed)];
  const isValid =
    minutes > 0 && minutes <= MOST_MINUTES && Number.isInteger(mib) && mib >= LEAST_MIB && Number.isInteger(seed);
  if (values.help || !isValid) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
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

process.exitCode = main();
