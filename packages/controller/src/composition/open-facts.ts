import { DATASET_KINDS } from '@revtr/datasets';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import type { Datasets } from '../facts/datasets.ts';
import type { Subsystem } from './subsystem.ts';

/**
 * The datasets that tell who announces an address, fetched again as the operator has set. An import is announced to the other processes, which read
 * the file if they use the same directory.
 */
export function openFacts({
  datasets: { store, updater },
  cluster: { changes },
}: {
  readonly datasets: {
    readonly store: Datasets['store'];
    readonly updater: Pick<Datasets['updater'], 'start' | 'stop'>;
  };
  readonly cluster: Pick<ClusterParts, 'changes'>;
}): Subsystem {
  store.onImported((kind) => changes.announce({ type: 'dataset', kind }));
  changes.on(
    'dataset',
    ({ kind }) => store.refresh(kind),
    async () => {
      for (const kind of DATASET_KINDS) await store.refresh(kind);
    },
  );
  return { name: 'facts', start: () => updater.start(), stop: () => updater.stop() };
}
