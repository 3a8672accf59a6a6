import { type Ipv4Address, type Prefix, PrefixTable } from '@revtr/net';
import { createRandom, type Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { AddressPlan, AddressPool } from './address-plan.ts';
import { layOutAdjacencies } from './adjacencies.ts';
import type { AsGraph } from './as-graph.ts';
import { drawNetworkBehaviours, drawRouterBehaviours } from './behaviours.ts';
import { BorderLinkPlanner } from './border-links.ts';
import { FAMILIES, type Family } from './families/family.ts';
import { type LinkPlan, layOutInterfaces } from './link-list.ts';
import { networkName } from './names.ts';
import { drawNetworkKinds } from './network-kinds.ts';
import type { NetworkPlan } from './plan-networks.ts';
import type { HostPrefixTable, Topology } from './topology.ts';

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
  const networks = graph ?? family.graph(parameters.ases, random.fork('as-graph'));
  const plans = family.networks(networks, parameters.routers, random.fork('networks'));
  const addresses = new AddressPlan();
  const space = plans.map((plan) => new NetworkSpace(plan, addresses));
  const pools = space.map((own) => own.infrastructure);
  const firstRouter = cumulate(plans.map((plan) => plan.routers.length));
  const network = Int32Array.from(plans.flatMap((plan, i) => plan.routers.map(() => i)));
  const loopback = Uint32Array.from(network, (owner) => pools[owner].one());

  const inner = plans.flatMap((plan, i): LinkPlan[] =>
    family.innerLinks(plan.routers, firstRouter[i], pools[i], random.fork(`inner-${i}`)),
  );
  const border = new BorderLinkPlanner({ plans, firstRouter, pools }, { addresses, random: random.fork('border') });
  const columns = layOutInterfaces([...inner, ...border.plan(networks)], network.length);
  const { adjacencies, ofInterface } = layOutAdjacencies(
    networks,
    columns,
    network,
    parameters.prepending,
    random.fork('prepending'),
  );
  const hosts = placeHosts(plans, space, firstRouter, random.fork('hosts'));
  const cityOf = plans.flatMap((plan) => plan.routers.map((router) => router.city));
  const { firstInterface, edge: _, ...ends } = columns;
  return {
    seed: parameters.seed,
    networks: {
      count: plans.length,
      numbers: Uint32Array.from(networks.numbers),
      names: networks.tiers.map((tier, i) => networkName(tier, networks.homes[i], networks.numbers[i])),
      tiers: Uint8Array.from(networks.tiers),
      kinds: drawNetworkKinds(networks, random.fork('kinds')),
      blocks: space.map((own) => own.block),
      firstRouter,
      ...drawNetworkBehaviours(networks, parameters, random.fork('network-behaviour')),
    },
    adjacencies,
    routers: {
      count: network.length,
      network,
      city: Uint8Array.from(cityOf),
      loopback,
      firstInterface,
      ...drawRouterBehaviours(network.length, parameters, random.fork('router-behaviour')),
    },
    interfaces: { count: ends.router.length, ...ends, adjacency: ofInterface },
    hosts,
    interfaceOf: new Map(Array.from(ends.address, (address, i): [Ipv4Address, number] => [address, i])),
    loopbackOf: new Map(Array.from(loopback, (address, i): [Ipv4Address, number] => [address, i])),
    hostPrefixOf: PrefixTable.from(hosts.prefixes.map((prefix, value) => ({ prefix, value }))),
    networkOf: PrefixTable.from(space.map((own, value) => ({ prefix: own.block, value }))),
    exchangePrefixes: border.exchangePrefixes,
  };
}

/** The block of one network: infrastructure first, host prefixes behind it. */
class NetworkSpace {
  readonly block: Prefix;
  readonly infrastructure: AddressPool;
  readonly hostPrefixes: readonly Prefix[];

  constructor(plan: NetworkPlan, addresses: AddressPlan) {
    const infrastructure24s = Math.ceil((plan.routers.length * 24 + plan.neighbours * 16 + 64) / 256);
    const total = infrastructure24s + plan.hostPrefixes;
    this.block = addresses.block(24 - Math.ceil(Math.log2(total)));
    this.infrastructure = new AddressPool(this.block);
    this.hostPrefixes = Array.from({ length: plan.hostPrefixes }, (_, i) => ({
      address: this.block.address + 256 * (infrastructure24s + i),
      length: 24,
    }));
  }
}

function placeHosts(
  plans: readonly NetworkPlan[],
  space: readonly NetworkSpace[],
  firstRouter: Int32Array,
  random: Random,
): HostPrefixTable {
  const prefixes: Prefix[] = [];
  const router: number[] = [];
  plans.forEach((plan, i) => {
    const edges = plan.routers.flatMap((r, k) => (r.core ? [] : [k]));
    const candidates = edges.length > 0 ? edges : plan.routers.map((_, k) => k);
    for (const prefix of space[i].hostPrefixes) {
      prefixes.push(prefix);
      router.push(firstRouter[i] + random.pick(candidates));
    }
  });
  const announced = Uint8Array.from(prefixes, () => (random.chance(0.5) ? 1 : 0));
  return { count: prefixes.length, prefixes, router: Int32Array.from(router), announced };
}

function cumulate(sizes: readonly number[]): Int32Array {
  const first = new Int32Array(sizes.length + 1);
  sizes.forEach((size, i) => {
    first[i + 1] = first[i] + size;
  });
  return first;
}
