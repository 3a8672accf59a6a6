import { decompressed } from '../content/decompress.ts';
import { type Content, limited, type ReadLimits } from '../content/limits.ts';
import { DatasetError } from '../errors.ts';
import { readItdkNodes, readMidarSets } from './aliases.ts';
import { readAs2org } from './as-names.ts';
import { readExchangeAddresses, readPeeringDbAddresses, readPeeringDbPrefixes } from './exchanges.ts';
import { readHitlist } from './hitlist.ts';
import { readGeolocation } from './mmdb/geolocation.ts';
import { readMmdb } from './mmdb/mmdb.ts';
import { readIpAsnDat, readPrefix2as } from './origins.ts';
import { readRelationships } from './relationships.ts';
import { readRipeProbes } from './ripe-probes.ts';

const MIB = 2 ** 20;
/** Text files are read line by line and need not fit into memory. */
const text = (entries: number): ReadLimits => ({ bytes: 8 * 2 ** 30, lineCharacters: MIB, entries });
/** JSON takes up to 25 times its size in memory: `{}` is an object. */
const json: ReadLimits = { bytes: 64 * MIB, lineCharacters: MIB, entries: 1e6 };
const binary: ReadLimits = { bytes: 256 * MIB, lineCharacters: MIB, entries: 8e6 };

/** Every kind of dataset: a title for people, the reader of its format, and the limits of the reader. */
export const DATASETS = {
  prefix2as: { title: 'origin ASes: CAIDA RouteViews prefix2as', read: readPrefix2as, limits: text(8e6) },
  ipasn: { title: 'origin ASes: ipASN.dat of pyasn', read: readIpAsnDat, limits: text(8e6) },
  mmdb: { title: 'origin ASes: MMDB file', read: readMmdb, limits: binary },
  geolocation: { title: 'positions of addresses: MMDB file of cities', read: readGeolocation, limits: binary },
  exchangeAddresses: {
    title: 'addresses on Internet exchanges: one address and AS per line',
    read: readExchangeAddresses,
    limits: text(1e6),
  },
  peeringdbAddresses: {
    title: 'addresses on Internet exchanges: PeeringDB netixlan',
    read: readPeeringDbAddresses,
    limits: json,
  },
  peeringdbPrefixes: {
    title: 'prefixes of Internet exchanges: PeeringDB ixpfx',
    read: readPeeringDbPrefixes,
    limits: json,
  },
  as2org: { title: 'names and organisations of ASes: CAIDA as2org', read: readAs2org, limits: text(2e6) },
  relationships: {
    title: 'business relationships of ASes: CAIDA AS relationships',
    read: readRelationships,
    limits: text(2e6),
  },
  itdkNodes: { title: 'aliases: CAIDA ITDK nodes', read: readItdkNodes, limits: text(2e7) },
  midarSets: { title: 'aliases: MIDAR sets', read: readMidarSets, limits: text(2e7) },
  hitlist: { title: 'addresses that answer probes, for the survey', read: readHitlist, limits: text(2e7) },
  ripeProbes: { title: 'RIPE Atlas probes: daily archive or list', read: readRipeProbes, limits: json },
} as const;

/** The name of a kind of dataset, which is also the name of its file in the store. */
export type DatasetKind = keyof typeof DATASETS;
/** What the file of a kind contains. */
export type DatasetValue<K extends DatasetKind> = Awaited<ReturnType<(typeof DATASETS)[K]['read']>>;
/** The value of each dataset that is in use. */
export type DatasetValues = { readonly [K in DatasetKind]?: DatasetValue<K> };

function isDatasetKind(text: string): text is DatasetKind {
  return Object.hasOwn(DATASETS, text);
}

const [first, ...others] = Object.keys(DATASETS).filter(isDatasetKind);
/** All kinds of datasets. */
export const DATASET_KINDS: readonly [DatasetKind, ...DatasetKind[]] = [first, ...others];

/** Parses the name of a kind. @throws {DatasetError} `unknownKind` */
export function parseDatasetKind(text: string): DatasetKind {
  if (isDatasetKind(text)) return text;
  const known = DATASET_KINDS.join(', ');
  throw new DatasetError('unknownKind', `'${text}' is not a dataset; the datasets are ${known}`, { kind: text });
}

/**
 * Reads the file of a dataset, which may be compressed by gzip or bzip2.
 * @param limits replace limits of the kind
 * @throws {DatasetError} for every fault of the content; errors of `file` itself are passed on
 */
export async function readDataset(
  kind: DatasetKind,
  file: Content,
  limits: Partial<ReadLimits> = {},
): Promise<DatasetValue<DatasetKind>> {
  const { read, limits: usual } = DATASETS[kind];
  const used: ReadLimits = { ...usual, ...limits };
  return read(limited(decompressed(file), used.bytes), used);
}
