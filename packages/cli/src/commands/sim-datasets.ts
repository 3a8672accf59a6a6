import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataQuality,
  DEFAULT_DATA_QUALITY,
  datasetFiles,
  publishData,
  SIZES,
  SimulatedInternet,
  type Size,
  simParameters,
  simulatedProbes,
} from '@revtr/sim';
import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { readSeed } from './sim.ts';

interface Options {
  readonly seed: string;
  readonly size: Size;
  readonly out: string;
  readonly missing?: string;
  readonly wrong?: string;
}

/** `revtr sim datasets`: what a simulated Internet publishes about itself, in the formats of the real datasets. */
export function addDatasets(sim: Command, terminal: Terminal): void {
  sim
    .command('datasets')
    .description(
      'write the datasets of a simulated Internet, imperfect on purpose, as files that revtr data import takes',
    )
    .requiredOption('--out <folder>', 'where to; each file has the name of its kind')
    .option('--seed <number>', 'seed of the simulated Internet', '1')
    .addOption(new Option('--size <size>', 'its size').choices(Object.keys(SIZES)).default('medium'))
    .option('--missing <share>', 'share of entries that are missing, 0 to 1; default: each dataset has its own')
    .option('--wrong <share>', 'share of entries that are wrong, 0 to 1; default: each dataset has its own')
    .action(async (options: Options) => {
      const seed = readSeed(options.seed);
      const quality = readQuality(options);
      const { topology, places } = new SimulatedInternet({ parameters: simParameters(options.size, seed) });
      const files = datasetFiles(publishData(topology, quality), {
        probes: simulatedProbes(places.atlasProbes, topology),
        hitlist: places.hitlist,
      });
      await mkdir(options.out, { recursive: true });
      for (const [kind, text] of Object.entries(files)) {
        await writeFile(join(options.out, kind), text);
        terminal.out(`${join(options.out, kind)}  ${text.length} bytes\n`);
      }
    });
}

function readQuality({ missing, wrong }: Options): DataQuality {
  const [less, worse] = [missing, wrong].map((text) => {
    const share = text === undefined ? undefined : Number(text);
    if (share !== undefined && !(share >= 0 && share <= 1))
      throw new CliError(EXIT.usage, `'${text}' is not a share: give a number from 0 to 1`);
    return share;
  });
  const entries = Object.entries(DEFAULT_DATA_QUALITY).map(([name, usual]) => {
    if (name === 'knownAliases') return [name, less === undefined ? usual : 1 - less];
    return [name, (name.startsWith('missing') ? less : worse) ?? usual];
  });
  return { ...DEFAULT_DATA_QUALITY, ...Object.fromEntries(entries) };
}
