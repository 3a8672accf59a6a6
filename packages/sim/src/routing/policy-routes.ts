import { hash32 } from '@revtr/probing';
import { Relation, type Topology } from '../topology/topology.ts';
import type { NetworkState } from './network-state.ts';

/** Instead of an adjacency: the network has no route, or is itself the destination. */
export const NO_ROUTE = -1;
export const LOCAL_ROUTE = -2;

const UNREACHED = 0xff;

/** Routes of all networks towards one: the adjacency each uses, and the length of the announced path. */
interface RouteTree {
  readonly next: Int32Array;
  readonly length: Uint8Array;
}

/**
 * Routes between networks, one tree for each destination network: customer routes before peer routes before provider
 * routes, then the shortest, then a fixed tie-break; exported as Gao and Rexford describe (valley-free).
 */
export class PolicyRoutes {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #trees = new Map<number, Int32Array>();
  readonly #up: Uint8Array;

  constructor(topology: Topology, state: NetworkState) {
    this.#topology = topology;
    this.#state = state;
    this.#up = new Uint8Array(topology.adjacencies.interfaces.length);
    for (const [i, list] of topology.adjacencies.interfaces.entries())
      if (list.some((iface) => !state.linksDown.has(iface))) this.#up[i] = 1;
  }

  /** For each network the adjacency it uses towards network `destination`, {@link NO_ROUTE} or {@link LOCAL_ROUTE}. */
  treeTo(destination: number): Int32Array {
    let next = this.#trees.get(destination);
    if (next === undefined) {
      next = this.#compute(destination);
      this.#trees.set(destination, next);
    }
    return next;
  }

  #compute(destination: number): Int32Array {
    const { count } = this.#topology.networks;
    const tree = { next: new Int32Array(count).fill(NO_ROUTE), length: new Uint8Array(count).fill(UNREACHED) };
    tree.next[destination] = LOCAL_ROUTE;
    tree.length[destination] = 0;
    this.#flood(tree, Relation.provider);
    const customerRouted = reachedBy(tree);
    for (let network = 0; network < count; network++) {
      if (customerRouted[network] === 1) this.#announce(network, Relation.peer, tree, customerRouted);
    }
    this.#flood(tree, Relation.customer);
    return tree.next;
  }

  /** Passes the routes of all that have one on and on to neighbours of one relation, shortest first. */
  #flood(tree: RouteTree, relation: number): void {
    const fixed = reachedBy(tree);
    const byLength: number[][] = [];
    const queue = (network: number): void => {
      const length = tree.length[network];
      while (byLength.length <= length) byLength.push([]);
      byLength[length].push(network);
    };
    for (let network = 0; network < fixed.length; network++) if (fixed[network] === 1) queue(network);
    for (let length = 0; length < byLength.length; length++) {
      for (const network of byLength[length]) {
        if (tree.length[network] === length) this.#announce(network, relation, tree, fixed, queue);
      }
    }
  }

  /** Announces one network's route to its neighbours of one relation; those in `fixed` prefer what they have. */
  #announce(
    network: number,
    relation: number,
    tree: RouteTree,
    fixed: Uint8Array,
    onShorter?: (neighbour: number) => void,
  ): void {
    const { first, neighbour, relation: relations, reverse, prepends } = this.#topology.adjacencies;
    for (let i = first[network]; i < first[network + 1]; i++) {
      const to = neighbour[i];
      if (relations[i] !== relation || this.#up[i] === 0 || fixed[to] === 1) continue;
      const length = tree.length[network] + 1 + (this.#state.prepends.get(i) ?? prepends[i]);
      if (length > tree.length[to]) continue;
      const isShorter = length < tree.length[to];
      if (!isShorter && !this.#breaksTie(to, network, neighbour[tree.next[to]])) continue;
      tree.next[to] = reverse[i];
      tree.length[to] = length;
      if (isShorter) onShorter?.(to);
    }
  }

  #breaksTie(network: number, candidate: number, incumbent: number): boolean {
    const key = network ^ this.#topology.seed;
    return hash32(key, candidate) < hash32(key, incumbent);
  }
}

function reachedBy({ length }: RouteTree): Uint8Array {
  const reached = new Uint8Array(length.length);
  // A loop, because `Uint8Array.from` takes most of the time of a large simulation.
  for (let network = 0; network < length.length; network++) if (length[network] !== UNREACHED) reached[network] = 1;
  return reached;
}
