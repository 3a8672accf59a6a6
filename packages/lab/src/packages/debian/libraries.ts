import { cpSync, existsSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { BuildError } from '../../building/errors.ts';
import { readManifest } from '../npm/manifest.ts';

/** A library that was copied. */
export interface CopiedLibrary {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier of its licence. */
  readonly license: string;
}

/** Declarations of types, pages, settings of development tools, and code for systems other than Debian. */
const LEFT_OUT = /\.(?:d\.[cm]?ts|map|html)$|\/\.[^/]+$|\/koffi\/(?:vendor|doc)(?:\/|$)|\/musl_[a-z0-9]+(?:\/|$)/;

/**
 * Copies libraries, given by their directories, and everything that they depend on into `target`. They come from the `node_modules` of the
 * repository, which `npm ci` fills with the versions of the lock file. Optional libraries for other platforms are left out. Returns the libraries, sorted.
 * @throws {BuildError} `conflictingVersions`
 */
export function copyLibraries(libraries: readonly string[], target: string): readonly CopiedLibrary[] {
  const copied = new Map<string, { readonly directory: string; readonly library: CopiedLibrary }>();
  const waiting = [...libraries];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const place = placeOf(directory);
    const known = copied.get(place)?.directory;
    if (known === directory) continue;
    if (known !== undefined) {
      const message = `${place} is found in ${known} and in ${directory}`;
      throw new BuildError('conflictingVersions', message, { library: place, directories: [known, directory] });
    }
    const manifest = readManifest(directory);
    const { name, version, license = 'see its files', dependencies, optionalDependencies, peerDependencies } = manifest;
    copied.set(place, { directory, library: { name, version, license } });
    cpSync(directory, join(target, place), {
      recursive: true,
      filter: (path) => isWanted(relative(directory, path)) && !LEFT_OUT.test(path),
    });
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const found = findFrom(directory, needed);
      if (found !== undefined) waiting.push(found);
    }
  }
  return [...copied.values()].map(({ library }) => library).sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const order = ({ name, version }: CopiedLibrary): string => `${name} ${version}`;

/** Libraries inside a library are copied by themselves. */
const isWanted = (path: string): boolean => path.split(sep)[0] !== 'node_modules';

/** `/repository/node_modules/a/node_modules/b` → `a/node_modules/b`. */
const placeOf = (directory: string): string =>
  directory.slice(directory.indexOf(`${sep}node_modules${sep}`) + '/node_modules/'.length);

/** The directory of the library `name`, as Node.js finds it from `directory`. */
function findFrom(directory: string, name: string): string | undefined {
  for (let at = directory; at !== dirname(at); at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (basename(at) !== 'node_modules' && existsSync(join(found, 'package.json'))) return found;
  }
  return undefined;
}
