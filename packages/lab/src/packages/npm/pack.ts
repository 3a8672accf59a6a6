import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { REPOSITORY } from '../../building/repository.ts';
import { runStep } from '../../building/run-step.ts';
import { PackageTree } from '../package-tree.ts';
import { bundleProgram, type Libraries } from './bundle.ts';
import { writeLauncher } from './launcher.ts';
import { publishedManifest, readManifest } from './manifest.ts';

/** Modules of a library that bundlers must keep although nothing is imported from them. */
const SIDE_EFFECTS = ['./lib/supported-node.js'];
const COMPILER = join(REPOSITORY, 'node_modules/.bin/tsc');
const sourceOf = (name: string): string => join(REPOSITORY, 'packages', name);

/**
 * Writes the package of a program, `packages/NAME`, into `directory`: compiled to JavaScript, with all parts of the repository that it
 * needs. Its libraries have the versions of the lock file. @throws {BuildError}
 */
export async function writeProgramPackage(name: string, command: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const libraries = await bundleProgram(name, command, join(directory, 'lib'));
  writeLauncher(directory, command);
  const contents = { bin: { [command]: `bin/${command}.cjs` }, files: ['bin', 'lib'] };
  const manifest = publishedManifest(readManifest(sourceOf(name)), libraries, (version) => version, contents);
  writeFileSync(join(directory, 'package.json'), manifest);
  writeTexts(name, directory);
}

/**
 * Writes the package of a library, `packages/NAME`, into `directory`: each module compiled to JavaScript, with its types. It accepts later
 * compatible versions of its own libraries than those of the lock file. @throws {BuildError} `buildFailed`
 */
export async function writeLibraryPackage(name: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const project = join(sourceOf(name), 'tsconfig.package.json');
  await runStep(process.execPath, [COMPILER, '-p', project, '--outDir', join(directory, 'lib')]);
  const manifest = readManifest(sourceOf(name));
  const sources = z.record(z.string(), z.string()).parse(manifest.exports);
  const exports = Object.entries(sources).map(([path, source]) => [path, compiled(source)]);
  const contents = { files: ['lib'], sideEffects: SIDE_EFFECTS, exports: Object.fromEntries(exports) };
  const text = publishedManifest(
    manifest,
    librariesOf(name, manifest.dependencies),
    (version) => `^${version}`,
    contents,
  );
  writeFileSync(join(directory, 'package.json'), text);
  writeTexts(name, directory);
}

/** Makes the tarball of the package in `directory` and returns the path of it. @throws {BuildError} `buildFailed` */
export async function pack(directory: string, destination: string): Promise<string> {
  // npm replaces the times of files, and keeps the permissions.
  new PackageTree(directory).normalise(0, (path) => path.startsWith('bin/'), {});
  const args = ['pack', '--silent', '--pack-destination', destination];
  return join(destination, (await runStep('npm', args, { directory })).trim());
}

/** `./src/a.ts` → what the compiler has made of it. */
function compiled(source: string): { types: string; default: string } {
  const base = source.replace('./src/', './lib/').replace(/\.ts$/, '');
  return { types: `${base}.d.ts`, default: `${base}.js` };
}

function librariesOf(name: string, dependencies: Readonly<Record<string, string>>): Libraries {
  const base = join(sourceOf(name), 'package.json');
  const manifests = Object.keys(dependencies).map((library) => [library, findPackageJSON(library, base)] as const);
  return new Map(manifests.flatMap(([library, file]) => (file === undefined ? [] : [[library, dirname(file)]])));
}

function writeTexts(name: string, directory: string): void {
  copyFileSync(join(REPOSITORY, 'LICENSE'), join(directory, 'LICENSE'));
  const [forUsers = ''] = readFileSync(join(sourceOf(name), 'README.md'), 'utf8').split('\n## In the repository\n');
  // A link to another file of the repository leads nowhere in a package.
  writeFileSync(join(directory, 'README.md'), forUsers.replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]+\)/g, '$1'));
}
