import { setFlagsFromString } from 'node:v8';

/** V8 13 is part of Node.js 24. Node.js 22 and 26 do not have the defect. */
const DEFECTIVE_V8 = /^13\./;

/**
 * Stops V8 from freeing WebAssembly code in this process, where it may free the same code twice: a thread that looks up the compiled
 * wrapper of an imported function takes a reference to a wrapper that another thread is freeing. The process then ends with
 * `Check failed: jit_page_->allocations_.erase(addr) == 1`, `corrupted size vs. prev_size` or a segmentation fault. Without the
 * collection, a database keeps the code of functions that V8 has compiled a second time with optimization.
 *
 * The defect is https://github.com/nodejs/node/issues/66366. V8 fixed it in commit 9b8ca54d5a, which Node.js 24.21.0 lacks.
 */
export function keepWasmCode(): void {
  if (DEFECTIVE_V8.test(process.versions.v8)) setFlagsFromString('--no-wasm-code-gc');
}
