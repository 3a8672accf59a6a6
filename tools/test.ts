import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything that must hold before a change lands: types, style, import directions, dead code, tests. */
const bin = (name: string): string => join(import.meta.dirname, '..', 'node_modules', '.bin', name);
const isCi = process.env.CI !== undefined;

function run(title: string, command: string, args: readonly string[]): void {
  process.stdout.write(`\n== ${title}\n`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Debian packages that some suites need, and a file that shows that they are there. */
const KERNEL = 'reverse traceroutes with the real scamper among Linux routers';
const IMAGES = 'the container images';
const NEEDED = [
  { name: 'postgresql', file: '/usr/lib/postgresql', what: 'the PostgreSQL half of the database suite' },
  { name: 'scamper', file: '/usr/bin/scamper', what: KERNEL },
  { name: 'iproute2', file: '/usr/sbin/ip', what: KERNEL },
  { name: 'nftables', file: '/usr/sbin/nft', what: KERNEL },
  { name: 'procps', file: '/usr/sbin/sysctl', what: KERNEL },
  { name: 'bzip2', file: '/usr/bin/bzip2', what: 'datasets that bzip2 itself has packed' },
  { name: 'chromium', file: '/usr/bin/chromium', what: 'the web interface in a browser' },
  { name: 'buildah', file: '/usr/bin/buildah', what: IMAGES },
  { name: 'debootstrap', file: '/usr/sbin/debootstrap', what: IMAGES },
];

function installMissing(): void {
  const missing = NEEDED.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stdout.write(`\n== installing ${names.join(', ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', ...names], { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
  for (const { name, file, what } of missing) {
    if (existsSync(file)) continue;
    process.stdout.write(`${name} is not installed and cannot be installed here: ${what} is left out\n`);
    if (isCi) process.exit(1);
  }
}

function runTests(): void {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-test-'));
  const report = join(directory, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...process.argv.slice(2)];
  process.stdout.write('\n== tests\n');
  const { status } = spawnSync(bin('vitest'), args, { stdio: 'inherit' });
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`);
    if (isCi && numPendingTests > 0) process.exit(1);
  }
  rmSync(directory, { recursive: true });
  if (status !== 0) process.exit(status ?? 1);
}

installMissing();
run('types', bin('tsc'), ['-p', '.']);
run('types of the web interface', bin('tsc'), ['-p', 'packages/web']);
run('style', bin('biome'), ['check', '--error-on-warnings', '.']);
run('lock file', process.execPath, [join(import.meta.dirname, 'lock.ts'), '--check']);
run('import directions', bin('depcruise'), ['--config', '.dependency-cruiser.mjs', 'packages']);
run('dead code', bin('knip'), []);
runTests();
