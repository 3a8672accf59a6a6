import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { storedInputs } from '../src/engine/corpus.ts';
import { fuzz } from '../src/engine/fuzz.ts';
import { TARGET_NAMES, TARGETS } from '../src/targets/index.ts';

const RUNS = 1_000;
/** Targets that take a thread, a database or a signature for each input. */
const FEWER: Readonly<Record<string, number>> = { 'dataset-bzip2': 10, api: 300, 'grant-content': 500 };

describe('hostile input', () => {
  it.each(TARGET_NAMES)('keeps the contract of %s', async (name) => {
    const target = await (await TARGETS[name]())();
    try {
      const stored = storedInputs(name);
      const report = await fuzz(
        { runs: target.seeds.length + stored.length + (FEWER[name] ?? RUNS) },
        { target, seeds: [...target.seeds, ...stored], random: createRandom(1) },
      );
      expect(
        report.findings.map(({ message, input }) => ({ message, input: Buffer.from(input).toString('hex') })),
      ).toEqual([]);
      expect(report.runs).toBeGreaterThan(target.seeds.length);
    } finally {
      await target.close?.();
    }
  });
});
