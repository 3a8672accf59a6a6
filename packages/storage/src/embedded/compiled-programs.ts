import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { keepWasmCode } from './wasm-code-collection.ts';

// The types of Node.js lack WebAssembly, and those of browsers would bring all of the DOM.
declare global {
  namespace WebAssembly {
    interface Module {}
    function compile(program: Uint8Array): Promise<Module>;
  }
}

/** The WebAssembly programs of PGlite, as its options name them. */
export interface CompiledPrograms {
  readonly pgliteWasmModule: WebAssembly.Module;
  readonly initdbWasmModule: WebAssembly.Module;
}

/** Compiled programs, and what tells them apart from those of another version. */
export interface KnownPrograms {
  readonly programs: CompiledPrograms;
  /** SHA-256 of both files, hexadecimal digits. */
  readonly digest: string;
}

let known: Promise<KnownPrograms> | undefined;

/**
 * Compiles the programs of PGlite once for all databases that this process opens. All worker threads share the code, also that which V8 has optimized: each
 * opening after the first takes about half the processor time.
 * @throws the error of the file system
 */
export function compiledPrograms(): Promise<KnownPrograms> {
  known ??= compileBoth().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}

async function compileBoth(): Promise<KnownPrograms> {
  keepWasmCode();
  const directory = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const files = await Promise.all(['pglite.wasm', 'initdb.wasm'].map((name) => readFile(join(directory, name))));
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all(files.map((file) => WebAssembly.compile(file)));
  const hash = createHash('sha256');
  for (const file of files) hash.update(file);
  return { programs: { pgliteWasmModule, initdbWasmModule }, digest: hash.digest('hex') };
}
