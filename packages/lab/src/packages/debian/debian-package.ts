import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { REPOSITORY } from '../../building/repository.ts';
import { runStep } from '../../building/run-step.ts';
import { bundleProgram } from '../npm/bundle.ts';
import { readManifest } from '../npm/manifest.ts';
import { PackageTree } from '../package-tree.ts';
import { copyLibraries } from './libraries.ts';
import { withSettings } from './manual.ts';
import { changelogFile, controlFile, copyrightFile } from './texts.ts';

const DEPLOY = join(REPOSITORY, 'deploy/debian');
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
/** What the Node.js of nodejs.org is linked with. */
const NODE_DEPENDS = ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 9)'];
const SCRIPTS = ['postinst', 'prerm', 'postrm'];

/** A program of `packages/` in a Debian package. */
interface PackagedProgram {
  /** The folder in `packages/`. */
  readonly source: string;
  readonly command: string;
  /** Where the command is, for example `usr/bin`. */
  readonly directory: string;
}

/**
 * A Debian package. `deploy/debian/NAME` has its manual pages, its unit `NAME.service`, and the environment `NAME.default` of the unit.
 */
export interface DebianPackage {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Paragraphs, each in lines of at most 79 characters. */
  readonly text: readonly (readonly string[])[];
  /** Packages that it needs besides those of Node.js. */
  readonly depends: readonly string[];
  readonly programs: readonly PackagedProgram[];
  /** The page of the documentation, and its section, that describes the settings in tables. */
  readonly settings: { readonly page: string; readonly heading: string };
  /** Files and directories of this machine to copy, by their path in the package. */
  readonly copies: Readonly<Record<string, string>>;
  /** Empty directories, with their permissions. */
  readonly directories: Readonly<Record<string, number>>;
}

/**
 * Builds a package for the architecture of this machine, with the Node.js that runs, and returns its path. Equal sources give equal
 * bytes. `time` is the time of all files, seconds since 1970. @throws {BuildError}
 */
export async function buildDebianPackage(wanted: DebianPackage, time: number, destination: string): Promise<string> {
  const tree = new PackageTree(mkdtempSync(join(tmpdir(), `${wanted.name}-`)));
  try {
    const { name } = wanted;
    const { version } = readManifest(join(REPOSITORY, 'packages', wanted.programs[0].source));
    const architecture = ARCHITECTURES[process.arch] ?? process.arch;
    await addPrograms(tree, wanted);
    addFiles(tree, wanted, version, time);
    addControl(tree, wanted, { version, architecture });
    const programs = new RegExp(`^usr/(?:s?bin|lib/${name}/bin)/[^/]+$|^DEBIAN/(?:${SCRIPTS.join('|')})$`);
    // The environment of a service may contain passwords.
    const modes = { ...wanted.directories, [`etc/default/${name}`]: 0o640 };
    tree.normalise(time, (path) => programs.test(path), modes);
    const file = join(destination, `${name}_${version}_${architecture}.deb`);
    const environment = { SOURCE_DATE_EPOCH: String(time) };
    await runStep('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z6', '--build', tree.root, file], { environment });
    return file;
  } finally {
    rmSync(tree.root, { recursive: true });
  }
}

/** Adds the runtime, the compiled programs with their libraries, a command for each, and the copyright of all. */
async function addPrograms(tree: PackageTree, { name, programs }: DebianPackage): Promise<void> {
  const home = `usr/lib/${name}`;
  const libraries: string[] = [];
  for (const { source, command, directory } of programs) {
    // Threads have the same file name in several programs.
    const used = await bundleProgram(source, command, join(tree.root, home, source));
    libraries.push(...used.values());
    const launcher = `#!/bin/sh\nexec /${home}/bin/node /${home}/${source}/${command}.js "$@"\n`;
    tree.add(`${directory}/${command}`, launcher);
  }
  tree.add(`${home}/package.json`, `${JSON.stringify({ type: 'module' })}\n`);
  mkdirSync(join(tree.root, home, 'bin'));
  copyFileSync(process.execPath, join(tree.root, home, 'bin/node'));
  const copied = copyLibraries(libraries, join(tree.root, home, 'node_modules'));
  const licence = readFileSync(join(REPOSITORY, 'LICENSE'), 'utf8');
  tree.add(`usr/share/doc/${name}/copyright`, copyrightFile(name, licence, copied));
}

function addFiles(tree: PackageTree, wanted: DebianPackage, version: string, time: number): void {
  const { name, settings, copies, directories } = wanted;
  const page = readFileSync(join(REPOSITORY, 'docs', settings.page), 'utf8');
  const own = (file: string): string => readFileSync(join(DEPLOY, name, file), 'utf8');
  tree.add(`usr/lib/systemd/system/${name}.service`, own(`${name}.service`));
  tree.add(`etc/default/${name}`, own(`${name}.default`));
  tree.add(`usr/share/doc/${name}/changelog.gz`, gzipSync(changelogFile(name, version, time), { level: 9 }));
  for (const file of readdirSync(join(DEPLOY, name)).filter((file) => /\.[1-8]$/.test(file))) {
    const manual = withSettings(own(file).replaceAll('@VERSION@', version), page, settings.heading);
    tree.add(`usr/share/man/man${file.at(-1)}/${file}.gz`, gzipSync(manual, { level: 9 }));
  }
  for (const [path, source] of Object.entries(copies)) cpSync(source, join(tree.root, path), { recursive: true });
  for (const path of Object.keys(directories)) mkdirSync(join(tree.root, path), { recursive: true });
}

function addControl(
  tree: PackageTree,
  { name, summary, text, depends }: DebianPackage,
  { version, architecture }: { readonly version: string; readonly architecture: string },
): void {
  const installedSize = tree.size;
  const md5 = (path: string): string =>
    createHash('md5')
      .update(readFileSync(join(tree.root, path)))
      .digest('hex');
  const checksums = tree.files().map((path) => `${md5(path)}  ${path}\n`);
  const settings = tree.files('etc').map((path) => `/${path}\n`);
  const allDepends = [...NODE_DEPENDS, 'adduser', 'init-system-helpers (>= 1.54)', ...depends];
  const description = { name, version, architecture, depends: allDepends, summary, text, installedSize };
  tree.add('DEBIAN/md5sums', checksums.join(''));
  tree.add('DEBIAN/conffiles', settings.join(''));
  tree.add('DEBIAN/control', controlFile(description));
  for (const script of SCRIPTS) {
    const template = readFileSync(join(DEPLOY, script), 'utf8');
    tree.add(`DEBIAN/${script}`, template.replaceAll('@PACKAGE@', name));
  }
}
