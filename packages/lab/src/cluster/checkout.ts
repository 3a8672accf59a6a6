import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KernelLabError } from '../namespaces/errors.ts';

/** Another version of this project. */
export interface Checkout {
  /** Its directory. */
  readonly directory: string;
  /** Its program of the controller. */
  readonly controller: string;
  /** The commit, 40 hexadecimal digits. */
  readonly commit: string;
  /** Migrates the schema of a database to this version. */
  migrate(url: string): Promise<void>;
  /** Removes it. */
  remove(): void;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SCOPE = '@revtr';

/**
 * Checks out a version of this project as a Git worktree in a temporary directory. It shares the installed libraries if its lock file is the same,
 * and installs its own with `npm ci` otherwise.
 * @throws {KernelLabError} `commandFailed`
 */
export async function checkOut(ref: string): Promise<Checkout> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-checkout-'));
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true });
    git('worktree', 'prune');
  };
  try {
    const commit = git('rev-parse', '--verify', `${ref}^{commit}`);
    git('worktree', 'add', '--quiet', '--detach', '--force', directory, commit);
    const lock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
    if (lock(directory) === lock(ROOT)) shareLibraries(directory);
    else await install(directory);
    const controller = join(directory, 'packages/controller/src/main.ts');
    return { directory, controller, commit, migrate: (url) => migrateIn(directory, url), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    const command = `git ${args.join(' ')}`;
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new KernelLabError('commandFailed', `${command} failed: ${reason}`, { command, output: reason });
  }
}

/** Links the libraries of this checkout, but not the packages of the project, of which the other version has its own. */
function shareLibraries(directory: string): void {
  const [ours, theirs] = [join(ROOT, 'node_modules'), join(directory, 'node_modules')];
  mkdirSync(join(theirs, SCOPE), { recursive: true });
  for (const name of readdirSync(ours)) if (name !== SCOPE) symlinkSync(join(ours, name), join(theirs, name));
  for (const name of readdirSync(join(directory, 'packages')))
    symlinkSync(join(directory, 'packages', name), join(theirs, SCOPE, name));
}

/** Runs the storage of the other version, which is resolved from its directory. */
async function migrateIn(directory: string, url: string): Promise<void> {
  const program = `
    import { openDatabase, parseDatabaseSettings } from '@revtr/storage';
    await (await openDatabase(parseDatabaseSettings(process.argv[1]))).close();`;
  const node = spawn(process.execPath, ['--input-type=module', '--eval', program, url], {
    ...{ cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] },
  });
  const [code] = await once(node, 'exit');
  if (code !== 0)
    throw new KernelLabError('commandFailed', 'the other version cannot migrate', { command: 'node', output: '' });
}

async function install(directory: string): Promise<void> {
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'ignore' });
  const [code] = await once(npm, 'exit');
  if (code !== 0)
    throw new KernelLabError('commandFailed', 'npm ci of the other version failed', { command: 'npm ci', output: '' });
}
