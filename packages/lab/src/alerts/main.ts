import { fileURLToPath } from 'node:url';
import { runUnshared } from '../namespaces/run-unshared.ts';
import { HELP, parseAlertsOptions } from './options.ts';

const INSIDE = fileURLToPath(new URL('./inside.ts', import.meta.url));

const args = process.argv.slice(2);
if (parseAlertsOptions(args).help) process.stdout.write(HELP);
else process.exitCode = runUnshared(INSIDE, args, { name: 'alerts', hasNetwork: true });
