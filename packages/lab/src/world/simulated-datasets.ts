import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Datasets } from '@revtr/controller';
import { InternetKnowledge } from '@revtr/controller';
import { DatasetStore, DatasetUpdater } from '@revtr/datasets';
import { systemClock } from '@revtr/probing';
import { datasetFiles, type PublicData, type SimulatedInternet, simulatedProbes } from '@revtr/sim';

/** The datasets that a simulated Internet publishes, as files in a directory of their own, read as real ones are. */
export async function openSimulatedDatasets(
  { places, topology }: SimulatedInternet,
  data: PublicData,
): Promise<Datasets & { remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'revtr-datasets-'));
  const files = datasetFiles(data, {
    probes: simulatedProbes(places.atlasProbes, topology),
    hitlist: places.hitlist,
  });
  // RIPE Atlas itself is asked for its probes.
  for (const [kind, text] of Object.entries(files))
    if (kind !== 'ripeProbes' && text !== '') await writeFile(join(directory, kind), text);
  const store = new DatasetStore({ directory }, { clock: systemClock });
  await store.open();
  const updater = new DatasetUpdater(
    {},
    { store, fetch, clock: systemClock, random: Math.random, onFailure: () => undefined },
  );
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  return { store, updater, knowledge: new InternetKnowledge({ store }), remove };
}
