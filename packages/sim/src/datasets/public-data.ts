import type { Ipv4Address, Prefix } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import type { Topology } from '../topology/topology.ts';

/** How good the datasets are that the world publishes about itself. Shares from 0 to 1. */
export interface DataQuality {
  /** Announced prefixes missing from the IP-to-AS data, and ones with a wrong origin. */
  readonly missingPrefixes: number;
  readonly wrongPrefixes: number;
  /** Routers whose aliases are known, and addresses that are ascribed to another router. */
  readonly knownAliases: number;
  readonly wrongAliases: number;
}

/** Assumed: datasets are good, not perfect. MIDAR resolves part of the routers and is rarely wrong. */
const DEFAULT_DATA_QUALITY: DataQuality = {
  missingPrefixes: 0.005,
  wrongPrefixes: 0.002,
  knownAliases: 0.6,
  wrongAliases: 0.002,
};

/** What a measurer can look up: as incomplete and wrong as the real datasets. */
export interface PublicData {
  /** Prefix and number of the network that announces it. */
  readonly prefixOrigins: readonly { readonly prefix: Prefix; readonly asn: number }[];
  /** Sets of addresses believed to belong to one router. */
  readonly aliasSets: readonly (readonly Ipv4Address[])[];
  readonly asNames: ReadonlyMap<number, string>;
}

/** Publishes the datasets of a simulated Internet. */
export function publishData(topology: Topology, quality: DataQuality = DEFAULT_DATA_QUALITY): PublicData {
  return {
    prefixOrigins: publishOrigins(topology, quality),
    aliasSets: publishAliases(topology, quality),
    asNames: new Map(Array.from(topology.networks.numbers, (asn, i) => [asn, topology.networks.names[i]])),
  };
}

function publishOrigins(topology: Topology, quality: DataQuality): PublicData['prefixOrigins'] {
  const random = createRandom(topology.seed).fork('origins');
  const { networks, hosts, routers } = topology;
  const announced = [
    ...networks.blocks.map((prefix, i) => ({ prefix, network: i })),
    ...hosts.prefixes.flatMap((prefix, i) =>
      hosts.announced[i] === 1 ? [{ prefix, network: routers.network[hosts.router[i]] }] : [],
    ),
  ];
  return announced.flatMap(({ prefix, network }) => {
    if (random.chance(quality.missingPrefixes)) return [];
    const origin = random.chance(quality.wrongPrefixes) ? random.below(networks.count) : network;
    return [{ prefix, asn: networks.numbers[origin] }];
  });
}

function publishAliases(topology: Topology, quality: DataQuality): Ipv4Address[][] {
  const random = createRandom(topology.seed).fork('aliases');
  const { routers, interfaces } = topology;
  const sets: Ipv4Address[][] = [];
  for (let router = 0; router < routers.count; router++) {
    if (!random.chance(quality.knownAliases)) continue;
    const addresses = new Set([routers.loopback[router]]);
    for (let i = routers.firstInterface[router]; i < routers.firstInterface[router + 1]; i++) {
      const wrong = random.chance(quality.wrongAliases);
      addresses.add(interfaces.address[wrong ? random.below(interfaces.count) : i]);
    }
    sets.push([...addresses]);
  }
  return sets;
}
