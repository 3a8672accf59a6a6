import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  GroundTruth,
  generateTopology,
  PolicyRoutes,
  parseAsRelationships,
  Relation,
  SimError,
  type SimParameters,
  SimulatedInternet,
  simParameters,
  Timeline,
  type Topology,
} from '../src/index.ts';

const INITIAL = { linksDown: new Set<number>(), prepends: new Map<number, number>() };

/** The networks from `from` to `to`, following next hops. */
function walk(topology: Topology, tree: readonly number[], from: number): number[] {
  const path = [from];
  while (tree[path[path.length - 1]] >= 0 && path.length < 100) {
    path.push(topology.adjacencies.neighbour[tree[path[path.length - 1]]]);
  }
  return path;
}

/** What each network uses towards a destination. */
const treeTo = (topology: Topology, routes: PolicyRoutes, destination: number): number[] =>
  Array.from({ length: topology.networks.count }, (_, network) => routes.next(destination, network));

function relationOf({ adjacencies }: Topology, network: number, neighbour: number): number {
  for (let i = adjacencies.first[network]; i < adjacencies.first[network + 1]; i++) {
    if (adjacencies.neighbour[i] === neighbour) return adjacencies.relation[i];
  }
  throw new Error('not adjacent');
}

describe('policy routing', () => {
  const topology = generateTopology(simParameters('medium', 5));
  const routes = new PolicyRoutes(topology, INITIAL);
  const destinations = [0, 7, 120, 500, 999];

  it('reaches every network from every network, without loops', () => {
    for (const destination of destinations) {
      const tree = treeTo(topology, routes, destination);
      for (let from = 0; from < topology.networks.count; from++) {
        const path = walk(topology, tree, from);
        expect(path[path.length - 1]).toBe(destination);
        expect(new Set(path).size).toBe(path.length);
      }
    }
  });

  it('is valley-free: after going down or across, a path only goes down', () => {
    for (const destination of destinations) {
      const tree = treeTo(topology, routes, destination);
      for (let from = 0; from < topology.networks.count; from++) {
        const path = walk(topology, tree, from);
        const steps = path.slice(1).map((next, i) => relationOf(topology, path[i], next));
        const firstTurn = steps.findIndex((relation) => relation !== Relation.provider);
        if (firstTurn < 0) continue;
        expect(steps.slice(firstTurn + 1).every((relation) => relation === Relation.customer)).toBe(true);
      }
    }
  });

  it('prefers customers to peers to providers', () => {
    for (const destination of destinations) {
      const tree = treeTo(topology, routes, destination);
      for (let network = 0; network < topology.networks.count; network++) {
        if (tree[network] < 0) continue;
        const chosen = topology.adjacencies.relation[tree[network]];
        for (let i = topology.adjacencies.first[network]; i < topology.adjacencies.first[network + 1]; i++) {
          if (topology.adjacencies.relation[i] !== Relation.customer) continue;
          const customer = topology.adjacencies.neighbour[i];
          const isBelow = walk(topology, tree, customer).every(
            (hop, k, path) => k === 0 || relationOf(topology, path[k - 1], hop) === Relation.customer,
          );
          if (isBelow) expect(chosen).toBe(Relation.customer);
        }
      }
    }
  });
});

describe('ties between routes', () => {
  /** Networks with several neighbours towards a destination, of a tie-break. */
  const tied = (
    changes: Partial<SimParameters>,
  ): { topology: Topology; routes: PolicyRoutes; networks: number[][] } => {
    const topology = generateTopology(simParameters('medium', 5, changes));
    const routes = new PolicyRoutes(topology, INITIAL);
    const networks = Array.from({ length: 40 }, (_, destination) => {
      const tree = treeTo(topology, routes, destination);
      return [...tree.keys()].filter((network) => tree[network] >= 0 && routes.groups.of(tree[network]).length > 1);
    });
    return { topology, routes, networks };
  };

  it('stay open for the routers of a network that uses the closest exits, and are resolved in other networks', () => {
    expect(tied({ closestExits: 0 }).networks.flat()).toEqual([]);
    const { topology, routes, networks } = tied({ closestExits: 1 });
    expect(networks.flat().length).toBeGreaterThan(1_000);
    const { neighbour, relation } = topology.adjacencies;
    networks.forEach((list, destination) => {
      const tree = treeTo(topology, routes, destination);
      for (const network of list) {
        const group = routes.groups.of(tree[network]);
        expect(new Set(group.map((i) => relation[i])).size).toBe(1);
        const lengths = group.map((i) => hopsTo(topology, routes, neighbour[i], destination));
        expect(new Set(lengths).size).toBe(1);
      }
    });
  });

  it('lead the routers of one network to different neighbours', () => {
    const { topology, routes, networks } = tied({ closestExits: 1 });
    const { neighbour } = topology.adjacencies;
    const { firstRouter, numbers } = topology.networks;
    const truth = new GroundTruth(topology, new Timeline(topology));
    let different = 0;
    networks.slice(0, 10).forEach((list, destination) => {
      const target = topology.routers.loopback[firstRouter[destination]];
      for (const network of list.slice(0, 40)) {
        const group = routes.groups.of(routes.next(destination, network)).map((i) => numbers[neighbour[i]]);
        const used = new Set<number>();
        for (let router = firstRouter[network]; router < firstRouter[network + 1]; router++)
          used.add(truth.path(topology.routers.loopback[router], target, 0).asPath[1]);
        expect(group).toEqual(expect.arrayContaining([...used]));
        if (used.size > 1) different++;
      }
    });
    expect(different).toBeGreaterThan(10);
  });

  it('go to the neighbour with the lowest number where a network says so', () => {
    const { topology, routes } = tied({ closestExits: 0, lowestNumbers: 1, prepending: 0 });
    const open = tied({ closestExits: 1, prepending: 0 });
    const { neighbour } = topology.adjacencies;
    open.networks.forEach((list, destination) => {
      for (const network of list.slice(0, 50)) {
        const group = open.routes.groups.of(open.routes.next(destination, network));
        const lowest = Math.min(...group.map((i) => topology.networks.numbers[neighbour[i]]));
        expect(topology.networks.numbers[neighbour[routes.next(destination, network)]]).toBe(lowest);
      }
    });
  });
});

/** Networks on the way from one network to another, over the first neighbour of each group. */
function hopsTo(topology: Topology, routes: PolicyRoutes, from: number, destination: number): number {
  const tree = treeTo(topology, routes, destination);
  let [at, hops] = [from, 0];
  while (tree[at] >= 0 && hops < 100) {
    const [first] = routes.groups.of(tree[at]);
    hops += 1 + topology.adjacencies.prepends[topology.adjacencies.reverse[first]];
    at = topology.adjacencies.neighbour[first];
  }
  return hops;
}

describe('topology', () => {
  it('is the same for the same seed, and differs for another seed', () => {
    const addresses = (seed: number): number[] => [
      ...generateTopology(simParameters('small', seed)).interfaces.address,
    ];
    expect(addresses(3)).toEqual(addresses(3));
    expect(addresses(3)).not.toEqual(addresses(4));
  });

  it('has a heavy tail of degrees and sizes', () => {
    const { networks, adjacencies } = generateTopology(simParameters('medium', 2));
    const degrees = Array.from(
      { length: networks.count },
      (_, i) => adjacencies.first[i + 1] - adjacencies.first[i],
    ).sort((a, b) => b - a);
    const topShare =
      degrees.slice(0, 20).reduce((sum, degree) => sum + degree, 0) / degrees.reduce((sum, degree) => sum + degree, 0);
    expect(topShare).toBeGreaterThan(0.25);
    expect(degrees[Math.floor(degrees.length / 2)]).toBeLessThanOrEqual(3);
  });

  it('gives every interface and loopback a distinct address, except at exchanges', () => {
    const { interfaces, routers, exchangePrefixes } = generateTopology(simParameters('medium', 2));
    const onExchange = (address: number): boolean =>
      exchangePrefixes.some(({ address: base }) => address >= base && address < base + 4096);
    const own = [...interfaces.address, ...routers.loopback].filter((address) => !onExchange(address));
    expect(new Set(own).size).toBe(own.length);
  });

  it('grows to the large size', () => {
    const { networks, routers } = generateTopology(simParameters('large', 1));
    expect(networks.count).toBe(10_000);
    expect(routers.count).toBeGreaterThan(57_000);
  });

  it('can be built from CAIDA relationships, and names an invalid line', () => {
    const text = '# comment\n10|20|-1\n10|30|-1\n20|30|0\n40|10|-1|bgp\n50|40|0\n50|60|-1\n';
    const graph = parseAsRelationships(text, createRandom(1));
    const internet = new SimulatedInternet({ parameters: simParameters('small', 1), graph });
    expect([...internet.topology.networks.numbers]).toEqual([10, 20, 30, 40, 50, 60]);
    expect(() => parseAsRelationships('10|20|-1\nnonsense', createRandom(1))).toThrow(SimError);
    expect(() => parseAsRelationships('10|20|-1\nnonsense', createRandom(1))).toThrow('line 2');
  });
});
