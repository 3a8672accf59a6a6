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

let programs: Promise<CompiledPrograms> | undefined;

/**
 * Compiles the programs of PGlite once for all databases that this process opens. All worker threads share the code, also that which V8 has optimized: each
 * opening after the first takes about half the processor time.
 * @throws the error of the file system
 */
export function compiledPrograms(): Promise<CompiledPrograms> {
  programs ??= compileBoth().catch((error: unknown) => {
    programs = undefined;
    throw error;
  });
  return programs;
}

async function compileBoth(): Promise<CompiledPrograms> {
  keepWasmCode();
  const compile = async (file: Promise<Uint8Array>): Promise<WebAssembly.Module> => WebAssembly.compile(await file);
  const [pglite, initdb] = programFiles();
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all([compile(pglite), compile(initdb)]);
  return { pgliteWasmModule, initdbWasmModule };
}

/** Reads the files of the programs: of the database, and of what creates its cluster. They reject with the error of the file system. */
export function programFiles(): readonly [Promise<Uint8Array>, Promise<Uint8Array>] {
  const directory = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  return [readFile(join(directory, 'pglite.wasm')), readFile(join(directory, 'initdb.wasm'))];
}
