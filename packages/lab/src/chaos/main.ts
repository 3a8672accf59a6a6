import { fileURLToPath } from 'node:url';
import { runUnshared } from '../namespaces/run-unshared.ts';
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
  return runUnshared(INSIDE, args, { name: 'chaos' });
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ChaosError)) throw error;
  process.stderr.write(`chaos: ${error.message}\n`);
  process.exitCode = 1;
}
