import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FailedFile, type Outcome, readReport } from './test-report.ts';

/** A part of all tests that one process of vitest runs. */
interface Part {
  readonly project: 'kernel' | 'process';
  /** `INDEX/COUNT` of vitest; the whole project by default. */
  readonly shard?: string;
}

/** How a process of vitest ended. */
interface Run extends Outcome {
  /** Whether it broke off, or ended with an error that no test explains. */
  readonly isBroken: boolean;
}

/** Parts of each project. A database opens more slowly the more of them a process has opened before. */
const SHARDS = { kernel: 9, process: 6 } as const;
/** The project that each lane prefers. Suites that need the kernel mostly wait, so that they run beside the others. */
const LANES = ['kernel', 'process', 'process'] as const;
/** Most files that run a second time. More that fail are not due to what ran beside them. */
const MOST_REPEATED = 3;
const NOTHING: Outcome = { passed: 0, failed: 0, skipped: 0, failedFiles: [] };

/**
 * Runs the tests, with `args` for vitest, several processes side by side, and prints what failed at the end. Files that failed run a second time,
 * alone: what passes then is named, and does not fail the run.
 *
 * @returns whether all that was asked for ran and passed; with `isCi`, nothing may be skipped.
 */
export async function runTests(args: readonly string[], { isCi }: { readonly isCi: boolean }): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-test-'));
  // Many tests start the same programs.
  process.env.NODE_COMPILE_CACHE = join(directory, 'compiled');
  try {
    const partsOf = (project: Part['project']): Part[] =>
      args.length === 0
        ? Array.from({ length: SHARDS[project] }, (_, i) => ({ project, shard: `${i + 1}/${SHARDS[project]}` }))
        : [{ project }];
    const parts = [...partsOf('kernel'), ...partsOf('process')];
    const runs = (await Promise.all(LANES.map((preferred) => runLane(preferred, parts, args, directory)))).flat();
    const total = { passed: sum(runs, 'passed'), failed: sum(runs, 'failed'), skipped: sum(runs, 'skipped') };
    const failedFiles = runs.flatMap((run) => run.failedFiles);
    const isBroken = runs.some((run) => run.isBroken);
    const isRepeatable = !isBroken && failedFiles.length > 0 && failedFiles.length <= MOST_REPEATED;
    if (!isRepeatable) print('failed', failedFiles);
    const hasPassed = isRepeatable ? await passAlone(failedFiles, directory) : !isBroken && failedFiles.length === 0;
    process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
    return hasPassed && (total.passed > 0 || isRepeatable) && (!isCi || total.skipped === 0);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const sum = (runs: readonly Run[], count: 'passed' | 'failed' | 'skipped'): number =>
  runs.reduce((total, run) => total + run[count], 0);

/** Runs parts one after the other, those of the preferred project first, until none is left. All lanes share `parts`. */
async function runLane(
  preferred: Part['project'],
  parts: Part[],
  args: readonly string[],
  directory: string,
): Promise<Run[]> {
  const runs: Run[] = [];
  while (parts.length > 0) {
    const index = parts.findIndex(({ project }) => project === preferred);
    const [{ project, shard }] = parts.splice(Math.max(index, 0), 1);
    const report = join(directory, `${project}${shard?.replace('/', '-') ?? ''}.json`);
    const sharded = shard === undefined ? [] : ['--shard', shard];
    // Programs of the kernel suites answer each other in time only if the other suites leave them the processor.
    const niceness = project === 'kernel' ? 0 : 10;
    runs.push(await runVitest(['--project', project, ...sharded, ...args], { niceness, report }));
  }
  return runs;
}

/** Runs files that failed once more, without anything beside them. */
async function passAlone(failedFiles: readonly FailedFile[], directory: string): Promise<boolean> {
  const paths = failedFiles.map(({ path }) => path);
  process.stdout.write(`\n== once more, alone: ${paths.join(', ')}\n`);
  const again = await runVitest(paths, { niceness: 0, report: join(directory, 'again.json') });
  const hasPassed = again.passed > 0 && again.failed === 0 && again.skipped === 0 && !again.isBroken;
  print(hasPassed ? 'failed beside others, and passed alone' : 'failed', failedFiles);
  if (!hasPassed) print('failed alone', again.failedFiles);
  return hasPassed;
}

function print(title: string, files: readonly FailedFile[]): void {
  for (const { path, failures } of files)
    for (const failure of failures) process.stdout.write(`${title}: ${path}: ${failure}\n`);
}

function runVitest(
  args: readonly string[],
  { niceness, report }: { readonly niceness: number; readonly report: string },
): Promise<Run> {
  const vitest = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'vitest');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`, '--passWithNoTests'];
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const child = spawn('nice', ['-n', String(niceness), vitest, 'run', ...reporters, ...args], { stdio: 'inherit' });
  child.on('error', reject);
  child.on('close', (status) => {
    const outcome = readReport(report);
    resolve({
      ...(outcome ?? NOTHING),
      isBroken: outcome === undefined || (status !== 0 && outcome.failedFiles.length === 0),
    });
  });
  return promise;
}
