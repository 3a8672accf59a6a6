import { type Ipv4Address, type Prefix, PrefixTable } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import type { DataQuality } from '../parameters/data-quality.ts';
import { Relation, type Topology } from '../topology/topology.ts';

/** The datasets that measurement code can use: incomplete and partly wrong, like the real ones. */
export interface PublicData {
  /** Prefix and number of the network that announces it. */
  readonly prefixOrigins: readonly { readonly prefix: Prefix; readonly asn: number }[];
  /** Sets of addresses believed to belong to one router. */
  readonly aliasSets: readonly (readonly Ipv4Address[])[];
  readonly asNames: ReadonlyMap<number, string>;
  /** Addresses on exchanges, each with the network whose router has it. */
  readonly exchangeAddresses: readonly { readonly address: Ipv4Address; readonly asn: number }[];
  readonly exchangePrefixes: readonly Prefix[];
  /** Neighbours: `a` is the provider of `b`, or its peer. */
  readonly relations: readonly { readonly a: number; readonly b: number; readonly isPeering: boolean }[];
}

/** Derives the published datasets of a topology, deterministically. */
export function publishData(topology: Topology, quality: DataQuality): PublicData {
  return {
    prefixOrigins: publishOrigins(topology, quality),
    aliasSets: publishAliases(topology, quality),
    asNames: publishNames(topology, quality),
    exchangeAddresses: publishExchanges(topology, quality),
    exchangePrefixes: topology.exchangePrefixes,
    relations: publishRelations(topology, quality),
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

function publishNames(topology: Topology, quality: DataQuality): Map<number, string> {
  const random = createRandom(topology.seed).fork('names');
  const { numbers, names } = topology.networks;
  const all = Array.from(numbers, (asn, i): [number, string] => [asn, names[i]]);
  return new Map(all.filter(() => !random.chance(quality.missingNames)));
}

function publishExchanges(topology: Topology, quality: DataQuality): PublicData['exchangeAddresses'] {
  const random = createRandom(topology.seed).fork('exchanges');
  const { interfaces, routers, networks, exchangePrefixes } = topology;
  const exchanges = PrefixTable.from(exchangePrefixes.map((prefix, value) => ({ prefix, value })));
  const published = new Map<Ipv4Address, number>();
  for (let i = 0; i < interfaces.count; i++) {
    const address = interfaces.address[i];
    if (published.has(address) || exchanges.lookup(address) < 0 || random.chance(quality.missingExchangeAddresses))
      continue;
    const isWrong = random.chance(quality.wrongExchangeAddresses);
    const network = isWrong ? random.below(networks.count) : routers.network[interfaces.router[i]];
    published.set(address, networks.numbers[network]);
  }
  return [...published].map(([address, asn]) => ({ address, asn }));
}

function publishRelations(topology: Topology, quality: DataQuality): PublicData['relations'] {
  const random = createRandom(topology.seed).fork('relations');
  const inference = createRandom(topology.seed).fork('inferred-relations');
  const { adjacencies, networks } = topology;
  const relations: { a: number; b: number; isPeering: boolean }[] = [];
  const degree = (network: number): number => adjacencies.first[network + 1] - adjacencies.first[network];
  for (let network = 0; network < networks.count; network++) {
    for (let i = adjacencies.first[network]; i < adjacencies.first[network + 1]; i++) {
      const [neighbour, relation] = [adjacencies.neighbour[i], adjacencies.relation[i]];
      // Each adjacency once: from the provider, and from the lower of two peers.
      const isOnce = relation === Relation.customer || (relation === Relation.peer && network < neighbour);
      if (!isOnce || random.chance(quality.missingRelations)) continue;
      const isPeering = relation === Relation.peer;
      const isWrong = inference.chance(isPeering ? quality.wrongPeerings : quality.wrongTransitRelations);
      const pair = [networks.numbers[network], networks.numbers[neighbour]];
      // The network with more neighbours is taken for the provider of a peer.
      const isReversed = isPeering && isWrong && degree(neighbour) > degree(network);
      const [a, b] = isReversed ? pair.toReversed() : pair;
      relations.push({ a, b, isPeering: isPeering !== isWrong });
    }
  }
  return relations;
}
