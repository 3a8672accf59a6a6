import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataQuality,
  datasetFiles,
  publishData,
  SimulatedInternet,
  simParameters,
  simulatedProbes,
} from '@revtr/sim';
import type { Command } from 'commander';
import { addCommand, type Context } from '../context.ts';
import { unreadableFile } from '../errors.ts';
import { readShare } from './arguments.ts';
import { type SimOptions, withInternet } from './sim-options.ts';

interface DatasetsOptions extends SimOptions {
  readonly out: string;
  readonly missing?: number;
  readonly wrong?: number;
}

/** `revtr sim datasets`. */
export function addDatasets(sim: Command, { output }: Context): void {
  const description =
    'Write the datasets of a simulated Internet, in the formats of the real ones, for "revtr data import"';
  withInternet(addCommand(sim, 'datasets', description))
    .requiredOption('--out <folder>', 'folder for the files, each named after the kind of the dataset')
    .option('--missing <share>', 'share of missing entries, 0 to 1 (default: specific to each dataset)', readShare)
    .option('--wrong <share>', 'share of wrong entries, 0 to 1 (default: specific to each dataset)', readShare)
    .action(async (options: DatasetsOptions) => {
      const { seed, size, profile, out } = options;
      const parameters = simParameters(size, seed, {}, profile);
      const { topology, places } = new SimulatedInternet({ parameters });
      const files = datasetFiles(publishData(topology, qualityOf(parameters, options)), {
        probes: simulatedProbes(places.atlasProbes, topology),
        hitlist: places.hitlist,
      });
      await writable(out, mkdir(out, { recursive: true }));
      const written: { file: string; bytes: number }[] = [];
      for (const [kind, text] of Object.entries(files)) {
        const file = join(out, kind);
        await writable(file, writeFile(file, text));
        written.push({ file, bytes: Buffer.byteLength(text) });
      }
      output.print(options, written, (shown) => shown.map(({ file, bytes }) => `${file}  ${bytes} bytes\n`).join(''));
    });
}

async function writable(path: string, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    throw unreadableFile(path, error);
  });
}

function qualityOf(usual: DataQuality, { missing, wrong }: DatasetsOptions): DataQuality {
  return {
    missingPrefixes: missing ?? usual.missingPrefixes,
    wrongPrefixes: wrong ?? usual.wrongPrefixes,
    knownAliases: missing === undefined ? usual.knownAliases : 1 - missing,
    wrongAliases: wrong ?? usual.wrongAliases,
    missingExchangeAddresses: missing ?? usual.missingExchangeAddresses,
    wrongExchangeAddresses: wrong ?? usual.wrongExchangeAddresses,
    missingRelations: missing ?? usual.missingRelations,
    wrongTransitRelations: wrong ?? usual.wrongTransitRelations,
    wrongPeerings: wrong ?? usual.wrongPeerings,
    missingNames: missing ?? usual.missingNames,
  };
}
