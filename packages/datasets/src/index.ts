export { decompressed } from './content/decompress.ts';
export type { ReadLimits } from './content/limits.ts';
export { linesOf } from './content/lines.ts';
export { DatasetError, type DatasetErrorCode, type DatasetErrorDetails } from './errors.ts';
export type { AliasSetsData } from './formats/aliases.ts';
export type { NetworkName, NetworkNames } from './formats/as-names.ts';
export type { ExchangeAddresses, ExchangePrefixes } from './formats/exchanges.ts';
export type { Hitlist } from './formats/hitlist.ts';
export {
  DATASET_KINDS,
  DATASETS,
  type DatasetKind,
  type DatasetValues,
  parseDatasetKind,
  readDataset,
} from './formats/kinds.ts';
export type { Geolocation, Position } from './formats/mmdb/geolocation.ts';
export type { MmdbOrigins } from './formats/mmdb/mmdb.ts';
export type { Origins } from './formats/origins.ts';
export { type Relationships, relationshipsOf } from './formats/relationships.ts';
export type { RipeProbeList } from './formats/ripe-probes.ts';
export { type MysqlDumpEnd, type ReadMysqlDumpOptions, readMysqlDump } from './mysql/read-dump.ts';
export type { MysqlRow } from './mysql/statements.ts';
export { type DatasetMetadata, type DatasetStatus, DatasetStore } from './store/dataset-store.ts';
export { DatasetUpdater } from './store/dataset-updater.ts';
export { type DatasetSources, datasetSourcesSchema } from './store/sources.ts';
export type { PublicTraceroute } from './traceroutes/public-traceroute.ts';
export { type ReadTraceroutesOptions, readTraceroutes, type TracerouteLine } from './traceroutes/read-traceroutes.ts';
