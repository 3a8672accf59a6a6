import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario, type ScenarioResult } from '../src/kernel/judging/scenario.ts';
import { resultTable } from '../src/kernel/judging/table.ts';
import { startKernelSystem } from '../src/kernel/system/kernel-system.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import { canRunKernelLab, nextPrefix } from './kernel.ts';

/** Starting and stopping the programs takes most of the time, and several times as long on a busy machine. */
const TIMEOUT_MS = 300_000;
/** Largest difference between the mean confidence of hops and the share that is right. */
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
  it.each([
    { name: 'shared-stamps', isWithin: true },
    { name: 'ecmp-addresses', isWithin: true },
    { name: 'options-elsewhere', isWithin: true },
    { name: 'source-routes', isWithin: true },
    { name: 'tunnels-anycast', isWithin: true },
    // Confidence is lower than the share that is right here (docs/kernel-lab.md).
    { name: 'ecmp-flow', isWithin: false },
    { name: 'nat', isWithin: false },
    { name: 'options-limited', isWithin: false },
  ])(
    'cause no wrong measured hop, and confidence does not promise more than is right: $name',
    async ({ name, isWithin }) => {
      const { paths, complete, measured, inferred, wrongPaths } = await run(name);
      expect(complete).toBeGreaterThan(paths * 0.5);
      expect(measured.hops).toBeGreaterThan(30);
      const described = wrongPaths.map(({ round, path }) => `${round}: ${path}`).join('\n');
      expect(measured.wrong, described).toBe(0);
      const difference = (inferred.meanConfidence ?? 0) - (inferred.shareRight ?? 0);
      expect(difference, described).toBeLessThan(TOLERANCE);
      if (isWithin) expect(difference, described).toBeGreaterThan(-TOLERANCE);
    },
    TIMEOUT_MS,
  );

  it(
    'cause no wrong measured hop after a routing change, whether earlier results are reused or not',
    async () => {
      const { rounds } = await run('routing-change');
      const wrong = Object.fromEntries(rounds.map(({ round, measured }) => [round, measured.wrong]));
      expect(wrong).toEqual({
        'with everything': 0,
        'after a change': 0,
        'without earlier measurements': 0,
        'without atlas': 0,
      });
      for (const { paths, complete } of rounds) expect(complete).toBe(paths);
    },
    TIMEOUT_MS,
  );
});
