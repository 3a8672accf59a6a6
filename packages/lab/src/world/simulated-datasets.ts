import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Datasets } from '@revtr/controller';
import { InternetKnowledge } from '@revtr/controller';
import { DatasetStore, DatasetUpdater } from '@revtr/datasets';
import { systemClock } from '@revtr/probing';
import { datasetFiles, type PublicData, type SimulatedInternet, simulatedProbes } from '@revtr/sim';

/**
 * Writes the public data of a simulated Internet as dataset files into a temporary directory, and opens them with the same
 * readers as real datasets. `remove` deletes the directory.
 */
export async function openSimulatedDatasets(
  internet: SimulatedInternet,
  data: PublicData,
): Promise<Datasets & { remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'revtr-datasets-'));
  await writeSimulatedDatasets(directory, internet, data);
  const store = new DatasetStore({ directory }, { clock: systemClock });
  await store.open();
  const updater = new DatasetUpdater(
    {},
    { store, fetch, clock: systemClock, random: Math.random, onFailure: () => undefined },
  );
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  return { store, updater, knowledge: new InternetKnowledge({ store }), remove };
}

/** Writes the public data of a simulated Internet into a directory, as dataset files. */
export async function writeSimulatedDatasets(
  directory: string,
  { places, topology }: SimulatedInternet,
  data: PublicData,
): Promise<void> {
  const files = datasetFiles(data, {
    probes: simulatedProbes(places.atlasProbes, topology),
    hitlist: places.hitlist,
  });
  // The list of probes is left out because the controller asks RIPE Atlas for it.
  for (const [kind, text] of Object.entries(files))
    if (kind !== 'ripeProbes' && text !== '') await writeFile(join(directory, kind), text);
}
