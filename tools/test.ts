import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installMissing } from './checks/debian-packages.ts';
import { runTests } from './checks/test-runs.ts';

/** Everything that must hold before a change lands: types, style, import directions, dead code, tests. */
const bin = (name: string): string => join(import.meta.dirname, '..', 'node_modules', '.bin', name);
const isCi = process.env.CI !== undefined;

function run(title: string, command: string, args: readonly string[]): void {
  process.stdout.write(`\n== ${title}\n`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Tracked files that differ from the last commit; none without git. */
function changedFiles(): string {
  return spawnSync('git', ['status', '--porcelain', '--untracked-files=no'], { encoding: 'utf8' }).stdout ?? '';
}

installMissing({ isCi });
run('types', bin('tsc'), ['-p', '.']);
run('types of the web interface', bin('tsc'), ['-p', 'packages/web']);
run('style', bin('biome'), ['check', '--error-on-warnings', '.']);
run('lock file', process.execPath, [join(import.meta.dirname, 'lock.ts'), '--check']);
run('import directions', bin('depcruise'), ['--config', '.dependency-cruiser.mjs', 'packages']);
run('dead code', bin('knip'), []);
process.stdout.write('\n== tests\n');
const changed = changedFiles();
const hasPassed = await runTests(process.argv.slice(2), { isCi });
// Such a test disturbs those beside it that look at the state of the checkout.
const left = changedFiles();
if (isCi && left !== changed) process.stdout.write(`a test has changed files of the repository:\n${left}`);
if (!hasPassed || (isCi && left !== changed)) process.exit(1);
