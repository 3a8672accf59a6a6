import { spawn, spawnSync } from 'node:child_process';
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

const KERNEL = 'reverse traceroutes with the real scamper among Linux routers';
const IMAGES = 'the container images';
const PYTHON = 'the Python client';
/** Debian packages that some suites need, and a file that shows that they are there. `isBare`: without the packages that it recommends. */
const NEEDED: readonly {
  readonly name: string;
  readonly file: string;
  readonly what: string;
  readonly isBare?: boolean;
}[] = [
  { name: 'postgresql', file: '/usr/lib/postgresql', what: 'the PostgreSQL half of the database suite' },
  { name: 'nats-server', file: '/usr/sbin/nats-server', what: 'the bus over NATS, and the cluster' },
  { name: 'scamper', file: '/usr/bin/scamper', what: KERNEL },
  { name: 'iproute2', file: '/usr/sbin/ip', what: KERNEL },
  { name: 'nftables', file: '/usr/sbin/nft', what: KERNEL },
  { name: 'procps', file: '/usr/sbin/sysctl', what: KERNEL },
  { name: 'python3', file: '/usr/bin/python3', what: 'exports that the csv and xml modules of Python read' },
  { name: 'python3-pip', file: '/usr/lib/python3/dist-packages/pip/__init__.py', what: PYTHON },
  { name: 'python3-setuptools', file: '/usr/lib/python3/dist-packages/setuptools/__init__.py', what: PYTHON },
  { name: 'python3-wheel', file: '/usr/lib/python3/dist-packages/wheel/__init__.py', what: PYTHON },
  { name: 'mypy', file: '/usr/bin/mypy', what: PYTHON },
  {
    name: 'python3-pandas',
    file: '/usr/lib/python3/dist-packages/pandas/__init__.py',
    what: 'tables that pandas reads',
    isBare: true,
  },
  {
    name: 'python3-networkx',
    file: '/usr/lib/python3/dist-packages/networkx',
    what: 'graphs that networkx reads',
    isBare: true,
  },
  { name: 'zsh', file: '/usr/bin/zsh', what: 'completion in zsh' },
  { name: 'fish', file: '/usr/bin/fish', what: 'completion in fish' },
  { name: 'bzip2', file: '/usr/bin/bzip2', what: 'datasets that bzip2 itself has packed' },
  { name: 'chromium', file: '/usr/bin/chromium', what: 'the web interface in a browser' },
  { name: 'prometheus', file: '/usr/bin/promtool', what: 'alert rules that promtool checks', isBare: true },
  { name: 'haproxy', file: '/usr/sbin/haproxy', what: 'the load balancer of a cluster', isBare: true },
  { name: 'systemd', file: '/usr/bin/systemd-analyze', what: 'the systemd units of a cluster', isBare: true },
  { name: 'buildah', file: '/usr/bin/buildah', what: IMAGES },
  { name: 'debootstrap', file: '/usr/sbin/debootstrap', what: IMAGES },
];

function installMissing(): void {
  const missing = NEEDED.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stdout.write(`\n== installing ${missing.map(({ name }) => name).join(', ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    const install = (packages: typeof missing, ...options: readonly string[]): void => {
      if (packages.length === 0) return;
      const args = ['install', '-y', '-qq', ...options, ...packages.map(({ name }) => name)];
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    };
    install(missing.filter(({ isBare }) => !isBare));
    install(
      missing.filter(({ isBare }) => isBare),
      '--no-install-recommends',
    );
  }
  for (const { name, file, what } of missing) {
    if (existsSync(file)) continue;
    process.stdout.write(`${name} is not installed and cannot be installed here: ${what} is left out\n`);
    if (isCi) process.exit(1);
  }
}

/** How a run of tests ended. */
interface Outcome {
  readonly status: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A part of all tests that one process of vitest runs. */
interface Part {
  readonly project: 'kernel' | 'process';
  /** `INDEX/COUNT` of vitest; the whole project by default. */
  readonly shard?: string;
}

/** Parts of each project. A database opens more slowly the more of them a process has opened before. */
const SHARDS = { kernel: 9, process: 6 } as const;
/** The project that each lane prefers. Suites that need the kernel mostly wait, so that they run beside the others. */
const LANES = ['kernel', 'process', 'process'] as const;

function runPart({ project, shard }: Part, directory: string): Promise<Outcome> {
  const report = join(directory, `${project}${shard?.replace('/', '-') ?? ''}.json`);
  const args = [
    'run',
    '--project',
    project,
    ...(shard === undefined ? [] : ['--shard', shard]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    '--passWithNoTests',
  ];
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  // Programs of the kernel suites answer each other in time only if the other suites leave them the processor.
  const niceness = project === 'kernel' ? '0' : '10';
  const vitest = spawn('nice', ['-n', niceness, bin('vitest'), ...args, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  vitest.on('error', reject);
  vitest.on('close', (status) => {
    const {
      numPassedTests = 0,
      numFailedTests = 0,
      numPendingTests = 0,
    } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
    resolve({ status: status ?? 1, passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests });
  });
  return promise;
}

/** Runs parts one after the other, those of the preferred project first, until none is left. All lanes share `parts`. */
async function runLane(preferred: Part['project'], parts: Part[], directory: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (parts.length > 0) {
    const index = parts.findIndex(({ project }) => project === preferred);
    const [part] = parts.splice(Math.max(index, 0), 1);
    outcomes.push(await runPart(part, directory));
  }
  return outcomes;
}

async function runTests(): Promise<void> {
  process.stdout.write('\n== tests\n');
  const directory = mkdtempSync(join(tmpdir(), 'revtr-test-'));
  // Many tests start the same programs.
  process.env.NODE_COMPILE_CACHE = join(directory, 'compiled');
  const isWholeSuite = process.argv.length === 2;
  const partsOf = (project: Part['project']): Part[] =>
    isWholeSuite
      ? Array.from({ length: SHARDS[project] }, (_, i) => ({ project, shard: `${i + 1}/${SHARDS[project]}` }))
      : [{ project }];
  const parts = [...partsOf('kernel'), ...partsOf('process')];
  const runs = await Promise.all(LANES.map((preferred) => runLane(preferred, parts, directory)));
  const outcomes = runs.flat();
  rmSync(directory, { recursive: true });
  const sum = (count: 'passed' | 'failed' | 'skipped'): number =>
    outcomes.reduce((total, outcome) => total + outcome[count], 0);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  const isWhole = sum('passed') > 0 && (!isCi || sum('skipped') === 0);
  if (!isWhole || outcomes.some(({ status }) => status !== 0)) process.exit(1);
}

installMissing();
run('types', bin('tsc'), ['-p', '.']);
run('types of the web interface', bin('tsc'), ['-p', 'packages/web']);
run('style', bin('biome'), ['check', '--error-on-warnings', '.']);
run('lock file', process.execPath, [join(import.meta.dirname, 'lock.ts'), '--check']);
run('import directions', bin('depcruise'), ['--config', '.dependency-cruiser.mjs', 'packages']);
run('dead code', bin('knip'), []);
await runTests();
