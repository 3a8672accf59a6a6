import { Readable } from 'node:stream';
import { DatasetError } from './errors.ts';
import { readItdkNodes, readMidarSets } from './formats/aliases.ts';
import { decompressed } from './formats/decompress.ts';
import { readExchangeAddresses, readPeeringDbAddresses, readPeeringDbPrefixes } from './formats/exchanges.ts';
import { readHitlist } from './formats/hitlist.ts';
import { readMmdb } from './formats/mmdb.ts';
import { readAs2org, readRelationships } from './formats/networks.ts';
import { readIpAsnDat, readPrefix2as } from './formats/origins.ts';
import { readRipeProbes } from './formats/ripe-probes.ts';

/** Every dataset that can be used: what it is, and how its file is read. */
export const DATASETS = {
  prefix2as: { title: 'who announces what: CAIDA RouteViews prefix2as', read: readPrefix2as },
  ipasn: { title: 'who announces what: ipASN.dat made from RouteViews', read: readIpAsnDat },
  mmdb: { title: 'who announces what: an MMDB file of networks', read: readMmdb },
  exchangeAddresses: { title: 'addresses on exchanges: address and network a line', read: readExchangeAddresses },
  peeringdbAddresses: { title: 'addresses on exchanges: PeeringDB netixlan', read: readPeeringDbAddresses },
  peeringdbPrefixes: { title: 'prefixes of exchanges: PeeringDB ixpfx', read: readPeeringDbPrefixes },
  as2org: { title: 'names and organisations of networks: CAIDA as2org', read: readAs2org },
  relationships: { title: 'relations of networks: CAIDA AS relationships', read: readRelationships },
  itdkNodes: { title: 'aliases: CAIDA ITDK nodes', read: readItdkNodes },
  midarSets: { title: 'aliases: MIDAR sets', read: readMidarSets },
  hitlist: { title: 'addresses that answer, to survey', read: readHitlist },
  ripeProbes: { title: 'probes of RIPE Atlas: archive or list', read: readRipeProbes },
} as const;
export type DatasetKind = keyof typeof DATASETS;
export type DatasetValue<K extends DatasetKind> = Awaited<ReturnType<(typeof DATASETS)[K]['read']>>;
/** The value of each dataset that is in use. */
export type DatasetValues = { readonly [K in DatasetKind]?: DatasetValue<K> };

export const DATASET_KINDS = Object.keys(DATASETS) as [DatasetKind, ...DatasetKind[]];

/** @throws {DatasetError} `unknownKind` */
export function parseDatasetKind(text: string): DatasetKind {
  const kind = DATASET_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new DatasetError('unknownKind', `there is no dataset '${text}'; there are ${DATASET_KINDS.join(', ')}`);
}

/** Reads a dataset from its file, packed or not. @throws {DatasetError} */
export async function readDataset(kind: DatasetKind, file: Readable): Promise<DatasetValue<DatasetKind>> {
  const content = Readable.from(decompressed(file), { objectMode: false });
  let failure: unknown;
  content.on('error', (error) => {
    failure = error;
  });
  try {
    const value = await DATASETS[kind].read(content);
    // A reader of lines ends quietly where its input fails.
    if (failure !== undefined) throw failure;
    return value;
  } catch (error) {
    throw failure instanceof DatasetError ? failure : error;
  }
}
