import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HELP, parseAlertsOptions } from './options.ts';

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));
/** Every process of the run ends with the first one, and no mount or interface outlives it. */
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount-proc', '--mount', '--propagation', 'private', '--net'];

const args = process.argv.slice(2);
if (parseAlertsOptions(args).help) process.stdout.write(HELP);
else if (process.getuid?.() !== 0) {
  process.stderr.write('alerts: network namespaces require root\n');
  process.exitCode = 1;
} else {
  const { status } = spawnSync('unshare', [...NAMESPACES, process.execPath, INSIDE, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
