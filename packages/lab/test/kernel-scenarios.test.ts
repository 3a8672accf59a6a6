import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario, type ScenarioResult } from '../src/kernel/judging/scenario.ts';
import { resultTable } from '../src/kernel/judging/table.ts';
import { startKernelSystem } from '../src/kernel/system/kernel-system.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import { canRunKernelLab, nextPrefix } from './kernel.ts';

/** Largest amount by which the mean confidence of hops may exceed the share that is right. */
const TOLERANCE = 0.05;

async function run(name: string): Promise<ScenarioResult> {
  const file = new URL(`../src/kernel/scenarios/${name}.json`, import.meta.url);
  const system = await startKernelSystem(parseTopology(JSON.parse(readFileSync(file, 'utf8'))), {
    prefix: nextPrefix(),
    port: 0,
  });
  try {
    const result = await runScenario(name, system);
    process.stdout.write(resultTable([result]));
    return result;
  } finally {
    await system.stop();
  }
}

describe.skipIf(!canRunKernelLab())('adverse networks of Linux routers', () => {
  it.each([['shared-stamps'], ['ecmp-flow'], ['nat'], ['options-limited'], ['tunnels-anycast']])(
    'cause no wrong measured hop, and no unfounded confidence: %s',
    async (name) => {
      const { paths, complete, measured, inferred, wrongPaths } = await run(name);
      expect(complete).toBeGreaterThan(paths * 0.8);
      expect(measured.hops).toBeGreaterThan(30);
      const described = wrongPaths.map(({ round, path }) => `${round}: ${path}`).join('\n');
      expect(measured.wrong, described).toBe(0);
      expect((inferred.meanConfidence ?? 0) - (inferred.shareRight ?? 0), described).toBeLessThan(TOLERANCE);
    },
  );
});
