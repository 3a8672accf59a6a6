import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../../statistics/quantiles.ts';
import { inDirectory } from '../in-directory.ts';
import { positiveInteger } from '../integer-options.ts';
import { OptionError } from '../option-error.ts';
import { profiled } from '../profile/profiled.ts';
import { type Run, withSystem } from './load.ts';
import { compareStored } from './stored.ts';

const GOAL_PER_SECOND = 1_740;

/**
 * Measures `--measurements` reverse traceroutes (default 20,000) through the API on the medium Internet, with an embedded database on disk and virtual
 * time at full speed. With `--safety on` (the default) or `off`, reports the rate, the processor time for each measurement while more and more are
 * stored, and the profile of as many measurements again as a tenth. With `both`, reports the rates with and without kill switches, budgets, circuit
 * breakers and audit, of `--rounds` runs each (default 3), in turn. With `--stored N`, compares a database that has N results with one that has
 * 1,000, in as many rounds.
 */
export async function benchThroughput(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measurements: { type: 'string', default: '20000' },
      safety: { type: 'string', default: 'on' },
      rounds: { type: 'string', default: '3' },
      stored: { type: 'string' },
    },
  });
  const measurements = positiveInteger('measurements', values.measurements);
  const rounds = positiveInteger('rounds', values.rounds);
  const { safety, stored } = values;
  if (safety !== 'on' && safety !== 'off' && safety !== 'both')
    throw new OptionError('--safety must be on, off or both');
  if (stored !== undefined) {
    if (safety !== 'on') throw new OptionError('--stored cannot be combined with --safety');
    return compareStored({ stored: positiveInteger('stored', stored), measurements, rounds });
  }
  if (safety === 'both') return compareSafety(measurements, rounds);
  return inDirectory((directory) =>
    withSystem({ isGuarded: safety === 'on', database: join(directory, 'data') }, async (load) => {
      const { perSecond, ...run } = await load.run(measurements);
      const shareOfGoal = Math.round((100 * perSecond) / GOAL_PER_SECOND) / 100;
      const { costs } = await profiled(() => load.run(Math.ceil(measurements / 10)));
      return { measurements, ...run, perSecond, shareOfGoal, loadOfMachine: loadavg()[0], costs };
    }),
  );
}

async function compareSafety(measurements: number, rounds: number) {
  const off: Run[] = [];
  const on: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each order once in two rounds, because the machine may become slower or faster meanwhile.
    for (const isGuarded of round % 2 === 0 ? [false, true] : [true, false])
      await inDirectory(async (directory) => {
        const options = { isGuarded, database: join(directory, 'data') };
        (isGuarded ? on : off).push(await withSystem(options, (load) => load.run(measurements)));
      });
  }
  const ratio = (figure: (run: Run) => number): number =>
    Math.round(100 * median(off.map((run, i) => figure(run) / figure(on[i])))) / 100;
  return {
    rounds,
    perSecondOff: off.map(({ perSecond }) => perSecond),
    perSecondOn: on.map(({ perSecond }) => perSecond),
    processorMsOff: off.map(({ processorMs }) => processorMs.process),
    processorMsOn: on.map(({ processorMs }) => processorMs.process),
    ratioOfRates: ratio(({ seconds }) => seconds),
    ratioByProcessorTime: ratio(({ processorMs }) => processorMs.process),
  };
}
