import { join } from 'node:path';
import { median } from '../../statistics/quantiles.ts';
import { filled } from '../fill.ts';
import { inDirectory } from '../in-directory.ts';
import { type Run, withSystem } from './load.ts';

const FEW = 1_000;
const PER_BATCH = 20_000;
/** Measurements before each run, which are not counted: caches of the process are empty at its start. */
const FIRST = 500;

/**
 * Compares measurements on a database that has `stored` results with those on one that has 1,000, in turn, in so many rounds. Most results are copies of
 * 500 measured ones.
 */
export function compareStored(options: {
  readonly stored: number;
  readonly measurements: number;
  readonly rounds: number;
}) {
  const { stored, measurements, rounds } = options;
  return inDirectory(async (directory) => {
    const [few, many] = [join(directory, 'few'), join(directory, 'many')];
    await filled(few, { results: FEW, perBatch: FEW });
    await filled(many, { results: stored, perBatch: Math.min(stored, PER_BATCH) });
    const runOn = (database: string): Promise<Run> =>
      withSystem({ isGuarded: true, database }, async (load) => {
        await load.run(FIRST);
        return load.run(measurements);
      });
    const [withFew, withMany]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
      // Each order in turn, because the machine may become slower or faster meanwhile.
      for (const isMany of round % 2 === 0 ? [false, true] : [true, false])
        (isMany ? withMany : withFew).push(await runOn(isMany ? many : few));
    }
    const each = (runs: readonly Run[]): number[] => runs.map(({ processorMs }) => processorMs.process);
    return {
      ...{ stored, measurements, rounds },
      processorMsWithFew: each(withFew),
      processorMsWithMany: each(withMany),
      ratioByProcessorTime: Math.round((1000 * median(each(withMany))) / median(each(withFew))) / 1000,
    };
  });
}
