import { type Ipv4Address, PrefixTable } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { AddressPlan } from './address-plan.ts';
import { layOutAdjacencies } from './adjacencies.ts';
import { drawAnnouncements } from './announcements.ts';
import type { AsGraph } from './as-graph.ts';
import { drawNetworkBehaviours, drawRouterBehaviours } from './behaviours.ts';
import { BorderLinkPlanner } from './border-links.ts';
import { FAMILIES, type Family } from './families/family.ts';
import { type LinkPlan, layOutInterfaces } from './link-list.ts';
import { networkName } from './names.ts';
import { drawNetworkKinds } from './network-kinds.ts';
import { NetworkSpace } from './network-space.ts';
import { placeHosts } from './place-hosts.ts';
import { depthsOf } from './plan-networks.ts';
import type { Topology } from './topology.ts';

/**
 * Generates the topology of a simulated Internet, deterministically. Default `family`: `grown`. Default `graph`: one of the family.
 * @throws {SimError} `outOfAddresses` when the networks do not fit into the public address space
 */
export function generateTopology(
  parameters: SimParameters,
  graph?: AsGraph,
  family: Family = FAMILIES.grown,
): Topology {
  const random = createRandom(parameters.seed);
  const networks = graph ?? family.graph(parameters, random.fork('as-graph'));
  const plans = family.networks(networks, parameters, random.fork('networks'));
  const addresses = new AddressPlan();
  const space = plans.map((plan) => new NetworkSpace(plan, addresses, parameters));
  const pools = space.map((own) => own.infrastructure);
  const firstRouter = cumulate(plans.map((plan) => plan.routers.length));
  const network = Int32Array.from(plans.flatMap((plan, i) => plan.routers.map(() => i)));
  const loopback = Uint32Array.from(network, (owner) => pools[owner].one());

  const inner = plans.flatMap((plan, i): LinkPlan[] =>
    family.innerLinks({ ...plan, firstRouter: firstRouter[i], pool: pools[i] }, parameters, random.fork(`inner-${i}`)),
  );
  const border = new BorderLinkPlanner(
    { plans, firstRouter, pools, parameters },
    { addresses, random: random.fork('border') },
  );
  const columns = layOutInterfaces([...inner, ...border.plan(networks)], network.length);
  const { adjacencies, ofInterface } = layOutAdjacencies(
    networks,
    columns,
    network,
    parameters,
    random.fork('prepending'),
  );
  const kinds = drawNetworkKinds(networks, random.fork('kinds'));
  const placed = placeHosts({ plans, space, firstRouter, kinds, tiers: networks.tiers }, parameters, random);
  const { announcements, ofPrefix } = drawAnnouncements(
    { hosts: placed, adjacencies, network, firstRouter },
    parameters,
    random.fork('announcements'),
  );
  const hosts = { ...placed, announcement: ofPrefix };
  const cityOf = plans.flatMap((plan) => plan.routers.map((router) => router.city));
  const { firstInterface, edge: _, ...ends } = columns;
  return {
    seed: parameters.seed,
    networks: {
      count: plans.length,
      numbers: Uint32Array.from(networks.numbers),
      names: networks.tiers.map((tier, i) => networkName(tier, networks.homes[i], networks.numbers[i])),
      tiers: Uint8Array.from(networks.tiers),
      kinds,
      blocks: space.map((own) => own.block),
      firstRouter,
      ...drawNetworkBehaviours(networks, kinds, parameters, random.fork('network-behaviour')),
    },
    adjacencies,
    routers: {
      count: network.length,
      network,
      city: Uint8Array.from(cityOf),
      loopback,
      depth: Uint8Array.from(plans.flatMap((plan) => depthsOf(plan.routers))),
      firstInterface,
      ...drawRouterBehaviours(network, parameters, random.fork('router-behaviour')),
    },
    interfaces: { count: ends.router.length, ...ends, adjacency: ofInterface },
    hosts,
    announcements,
    interfaceOf: new Map(Array.from(ends.address, (address, i): [Ipv4Address, number] => [address, i])),
    loopbackOf: new Map(Array.from(loopback, (address, i): [Ipv4Address, number] => [address, i])),
    hostPrefixOf: PrefixTable.from(hosts.prefixes.map((prefix, value) => ({ prefix, value }))),
    networkOf: PrefixTable.from(space.map((own, value) => ({ prefix: own.block, value }))),
    exchangePrefixes: border.exchangePrefixes,
  };
}

function cumulate(sizes: readonly number[]): Int32Array {
  const first = new Int32Array(sizes.length + 1);
  sizes.forEach((size, i) => {
    first[i + 1] = first[i] + size;
  });
  return first;
}
