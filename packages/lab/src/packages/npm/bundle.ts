import { findPackageJSON, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { BuildError } from '../../building/errors.ts';
import { REPOSITORY } from '../../building/repository.ts';

/** A part that runs as a worker thread is a file beside the one that starts it. */
const WORKER = /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g;
/** A library whose files the program reads. */
const READ_LIBRARY = /require\.resolve\('([^']+)'\)/g;

/** Directories of the libraries that a program uses, by name. */
export type Libraries = ReadonlyMap<string, string>;

/**
 * Compiles the program `packages/NAME/src/main.ts` and everything that it imports from this repository to JavaScript in
 * `directory`: `COMMAND.js`, and one file for each worker thread. Libraries stay imports. Returns the libraries.
 * @throws {BuildError} `conflictingVersions`
 */
export async function bundleProgram(name: string, command: string, directory: string): Promise<Libraries> {
  const entry = join(REPOSITORY, 'packages', name, 'src/main.ts');
  const imported = new ImportedLibraries();
  await using build = await rolldown({
    input: { [command]: entry },
    cwd: REPOSITORY,
    platform: 'node',
    external: (id, importer) => imported.isLibrary(id, importer ?? entry),
    resolve: { conditionNames: ['published', 'import', 'node', 'default'] },
    // A module of this repository that is imported for nothing does nothing. A library may.
    treeshake: { moduleSideEffects: (_id, isExternal) => isExternal },
    transform: { target: 'es2024' },
    plugins: [workers(), readLibraries(imported)],
  });
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name].js' };
  const { output } = await build.write({ dir: directory, format: 'esm', ...names });
  const chunks = output.filter((file) => file.type === 'chunk');
  const used = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  return imported.among(used);
}

/** Libraries are found while modules are read; some of these modules are left out later. */
class ImportedLibraries {
  readonly #directories = new Map<string, Set<string>>();
  readonly #read = new Set<string>();

  isLibrary(id: string, importer: string): boolean {
    if (isBuiltin(id)) return true;
    // The bundler brings its own helpers.
    if (/^[./#\0]|^@revtr\/|^@oxc-project\/runtime\//.test(id)) return false;
    this.#add(id, importer);
    return true;
  }

  addRead(id: string, importer: string): void {
    this.#read.add(libraryOf(id));
    this.#add(id, importer);
  }

  among(ids: readonly string[]): Libraries {
    const names = new Set([...ids.map(libraryOf), ...this.#read]);
    const found = [...this.#directories].filter(([name]) => names.has(name));
    return new Map(
      found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, directories]) => [name, one(name, directories)]),
    );
  }

  #add(id: string, importer: string): void {
    const name = libraryOf(id);
    const manifest = findPackageJSON(name, importer);
    const directories = this.#directories.get(name) ?? new Set();
    this.#directories.set(name, directories);
    if (manifest !== undefined) directories.add(dirname(manifest));
  }
}

function one(library: string, directories: ReadonlySet<string>): string {
  const [directory, ...others] = directories;
  if (directory !== undefined && others.length === 0) return directory;
  const message = `${library} is found in ${directories.size} places: ${[...directories].join(', ')}`;
  throw new BuildError('conflictingVersions', message, { library, directories: [...directories] });
}

/** `@scope/name/file` → `@scope/name`. */
const libraryOf = (id: string): string => id.split('/', id.startsWith('@') ? 2 : 1).join('/');

function workers(): Plugin {
  return {
    name: 'worker-threads',
    transform(code, id) {
      const changed = code.replaceAll(WORKER, (_, name: string) => {
        this.emitFile({ type: 'chunk', id: join(dirname(id), `${name}.ts`), fileName: `${name}.js` });
        return `new URL('./${name}.js', import.meta.url)`;
      });
      return changed === code ? null : { code: changed };
    },
  };
}

function readLibraries(imported: ImportedLibraries): Plugin {
  return {
    name: 'libraries-that-are-read',
    transform(code, id) {
      for (const [, library] of code.matchAll(READ_LIBRARY)) imported.addRead(library, id);
      return null;
    },
  };
}
