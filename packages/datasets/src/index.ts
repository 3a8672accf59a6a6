export { DatasetError, type DatasetErrorCode } from './errors.ts';
export type { AliasSetsData } from './formats/aliases.ts';
export type { ExchangeAddresses, ExchangePrefixes } from './formats/exchanges.ts';
export type { Hitlist } from './formats/hitlist.ts';
export type { MmdbOrigins } from './formats/mmdb.ts';
export { type NetworkName, type NetworkNames, type Relationships, relationshipsOf } from './formats/networks.ts';
export type { Origins } from './formats/origins.ts';
export type { RipeProbeList } from './formats/ripe-probes.ts';
export {
  DATASET_KINDS,
  DATASETS,
  type DatasetKind,
  type DatasetValues,
  parseDatasetKind,
  readDataset,
} from './kinds.ts';
export { type DatasetMetadata, type DatasetStatus, DatasetStore } from './store/store.ts';
export { type DatasetSources, DatasetUpdater, datasetSourcesSchema } from './store/updater.ts';
