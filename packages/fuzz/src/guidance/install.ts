import { registerHooks, stripTypeScriptTypes } from 'node:module';
import type { CoverageMap } from './coverage-map.ts';
import { COUNTERS, instrument } from './instrument.ts';

/** The sources of all packages but this one. */
const INSTRUMENTED = /\/packages\/(?!fuzz\/)[a-z-]+\/src\/[^?]+\.ts$/;

/** Instruments every source file of the packages that is imported from now on. Call it once in a process. */
export function installCoverage(map: CoverageMap): void {
  Object.defineProperty(globalThis, COUNTERS, { value: map.counters });
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!INSTRUMENTED.test(url) || loaded.source === undefined || loaded.source === null) return loaded;
      const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
      const code = stripTypeScriptTypes(text, { mode: 'strip' });
      return { format: 'module', source: instrument(code, map), shortCircuit: true };
    },
  });
}
