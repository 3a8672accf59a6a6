import type { DatasetStore, DatasetUpdater } from '@revtr/datasets';
import type { InternetKnowledge } from './internet-knowledge.ts';

/** Datasets: where they are kept, where they are fetched, and what they say. */
export interface Datasets {
  readonly store: DatasetStore;
  readonly updater: DatasetUpdater;
  readonly knowledge: InternetKnowledge;
}
