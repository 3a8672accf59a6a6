import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Takes out of the lock file what names hosts and installs nothing: where to send money. `--check` only looks. */
const path = join(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
for (const entry of Object.values<{ funding?: unknown }>(lock.packages)) delete entry.funding;
const text = `${JSON.stringify(lock, null, 2)}\n`;
if (text.includes('://')) {
  process.stdout.write('package-lock.json names a host\n');
  process.exitCode = 1;
} else if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stdout.write('package-lock.json names hosts: run npm run lock\n');
  process.exitCode = 1;
}
