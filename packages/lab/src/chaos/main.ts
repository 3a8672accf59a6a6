import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkKept } from './check-kept.ts';
import { ChaosError } from './files/errors.ts';
import { HELP, parseChaosOptions } from './options.ts';

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));

function main(args: readonly string[]): number {
  const options = parseChaosOptions(args);
  if (options === undefined) return 2;
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.check !== undefined) {
    const report = checkKept(options.check);
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return report.violations.length + report.problems.length === 0 ? 0 : 1;
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('chaos: network namespaces require root\n');
    return 1;
  }
  // Every process of the run ends with the first process of its PID namespace, and mounts with the mount namespace, however the run ends.
  const namespaces = ['--pid', '--fork', '--kill-child', '--mount-proc', '--mount', '--propagation', 'private'];
  return spawnSync('unshare', [...namespaces, process.execPath, INSIDE, ...args], { stdio: 'inherit' }).status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ChaosError)) throw error;
  process.stderr.write(`chaos: ${error.message}\n`);
  process.exitCode = 1;
}
