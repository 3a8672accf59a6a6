import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'vite';
import { PAGES } from '../src/pages.ts';
import { compressFiles } from './compress.ts';

const PACKAGE = join(import.meta.dirname, '..');
const ROOT = join(PACKAGE, '../..');
/** What the build depends on. */
const INPUTS = [
  ...['src', 'public', 'build', 'index.html', 'vite.config.ts'].map((name) => join(PACKAGE, name)),
  join(ROOT, 'packages/client/src'),
  join(ROOT, 'docs'),
  join(ROOT, 'package-lock.json'),
];
const INPUTS_HASH = 'inputs.sha256';

/** The directory of the built web interface. */
export const WEB_DIRECTORY = join(PACKAGE, 'dist');

/**
 * Builds the web interface into {@link WEB_DIRECTORY}, unless it is there already and no source has changed. Returns whether it was
 * built. A build in another process does no harm: the directory is replaced as a whole.
 */
export async function buildWeb(): Promise<boolean> {
  const inputs = await hashOf(INPUTS);
  if (await isBuilt(inputs)) return false;
  const directory = await mkdtemp(join(PACKAGE, '.dist-'));
  try {
    const outDir = join(directory, 'dist');
    await asProduction(() => build({ root: PACKAGE, logLevel: 'error', build: { outDir, emptyOutDir: true } }));
    await writeFile(join(outDir, 'pages.json'), JSON.stringify(PAGES));
    await compressFiles(outDir);
    await writeFile(join(outDir, INPUTS_HASH), inputs);
    await replaceDirectory(WEB_DIRECTORY, outDir, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return true;
}

/** Vite builds for development when the environment says something else than production, for instance in a test. */
async function asProduction(work: () => Promise<unknown>): Promise<void> {
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function isBuilt(inputs: string): Promise<boolean> {
  return (await readFile(join(WEB_DIRECTORY, INPUTS_HASH), 'utf8').catch(() => '')) === inputs;
}

/** Puts `from` in the place of `target`. What was there is moved into `trash`. */
async function replaceDirectory(target: string, from: string, trash: string): Promise<void> {
  const ignoreIf = (isFine: () => boolean) => (error: unknown) => {
    if (!isFine()) throw error;
  };
  // Another process may do the same at the same time: its files do as well.
  if (existsSync(target)) await rename(target, join(trash, 'old')).catch(ignoreIf(() => !existsSync(target)));
  await rename(from, target).catch(ignoreIf(() => existsSync(target)));
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addTo(hash, path);
  return hash.digest('hex');
}

async function addTo(hash: Hash, path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    hash
      .update(basename(path))
      .update('\0')
      .update(await readFile(path));
    return;
  }
  hash.update(basename(dirname(path)));
  for (const { name } of entries.sort((a, b) => a.name.localeCompare(b.name))) await addTo(hash, join(path, name));
}
