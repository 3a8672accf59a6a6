import { hash32 } from '@revtr/probing';
import { type Announcement, Relation, TieBreak, type Topology } from '../topology/topology.ts';
import { NeighbourGroups } from './neighbour-groups.ts';
import type { NetworkState } from './network-state.ts';

/** Instead of an adjacency: the network has no route, or is itself the destination. */
export const NO_ROUTE = -1;
export const LOCAL_ROUTE = -2;

const UNREACHED = 0xff;

/** Routes of all networks towards one: the adjacency each uses, and the length of the announced path. */
interface RouteTree {
  readonly next: Int32Array;
  readonly length: Uint8Array;
  /** Adjacencies between which the routers of a network choose each its own, where there are several. */
  readonly ties: Map<number, number[]>;
  readonly announcement: Announcement;
}

/**
 * Routes between networks, one tree for each destination network and each other announcement: customer routes before peer routes before provider
 * routes, then the shortest, then a fixed tie-break or the closest exit of each router; exported as Gao and Rexford describe (valley-free).
 */
export class PolicyRoutes {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #undisturbed: PolicyRoutes | undefined;
  readonly #trees = new Map<number, Int32Array>();
  /** Adjacencies whose links are all down. */
  readonly #down: ReadonlySet<number>;
  /** Adjacencies that are down or longer than in the undisturbed state. */
  readonly #disturbed: readonly number[];
  /** Neighbours with equal routes; the same for all states, because trees are shared. */
  readonly groups: NeighbourGroups;

  /** @param undisturbed routes with all links up, from which trees that the state does not change are taken */
  constructor(topology: Topology, state: NetworkState, undisturbed?: PolicyRoutes) {
    this.#topology = topology;
    this.#state = state;
    this.groups = undisturbed?.groups ?? new NeighbourGroups(topology.adjacencies.neighbour.length);
    const { interfaces, prepends } = topology.adjacencies;
    const touched = new Set([...state.linksDown].map((iface) => topology.interfaces.adjacency[iface]));
    touched.delete(-1);
    const down = [...touched].filter((i) => interfaces[i].every((iface) => state.linksDown.has(iface)));
    this.#down = new Set(down);
    const usual = undisturbed === undefined ? undefined : undisturbed.#state.prepends;
    const before = (i: number): number => usual?.get(i) ?? prepends[i];
    const changed = [...state.prepends].filter(([i, count]) => count !== before(i));
    this.#disturbed = [...down, ...changed.map(([i]) => i)];
    // A shorter route can attract networks that did not use it before.
    const isShorter = changed.some(([i, count]) => count < before(i));
    this.#undisturbed = isShorter ? undefined : undisturbed;
  }

  /**
   * For each network the adjacency that it uses towards a destination, or the group of them ({@link NeighbourGroups}), {@link NO_ROUTE} or
   * {@link LOCAL_ROUTE}.
   * @param route index of the destination network, or of an announcement behind those of the networks
   */
  treeTo(route: number): Int32Array {
    let next = this.#trees.get(route);
    if (next === undefined) {
      const before = this.#undisturbed?.treeTo(route);
      next = before !== undefined && !this.#disturbs(before) ? before : this.#compute(route);
      this.#trees.set(route, next);
    }
    return next;
  }

  /** Whether a tree uses an adjacency that is disturbed now. A tree that does not stays as it is. */
  #disturbs(tree: Int32Array): boolean {
    const { neighbour, reverse } = this.#topology.adjacencies;
    return this.#disturbed.some((i) => this.groups.contains(tree[neighbour[i]], reverse[i]));
  }

  #compute(route: number): Int32Array {
    const { count } = this.#topology.networks;
    const announcement = this.#announcementOf(route);
    const next = new Int32Array(count).fill(NO_ROUTE);
    const tree = {
      next,
      length: new Uint8Array(count).fill(UNREACHED),
      ties: new Map<number, number[]>(),
      announcement,
    };
    for (const origin of announcement.sites.keys()) {
      tree.next[origin] = LOCAL_ROUTE;
      tree.length[origin] = 0;
    }
    this.#flood(tree, Relation.provider);
    const customerRouted = reachedBy(tree);
    for (let network = 0; network < count; network++) {
      if (customerRouted[network] === 1) this.#announce(network, Relation.peer, tree, customerRouted);
    }
    this.#flood(tree, Relation.customer);
    for (const [network, adjacencies] of tree.ties) tree.next[network] = this.groups.numberOf(adjacencies);
    return tree.next;
  }

  #announcementOf(route: number): Announcement {
    const { networks, announcements } = this.#topology;
    return route < networks.count
      ? { sites: new Map([[route, -1]]), withheld: new Set(), preferences: 0 }
      : announcements[route - networks.count];
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
    const { withheld, preferences } = tree.announcement;
    for (let i = first[network]; i < first[network + 1]; i++) {
      const to = neighbour[i];
      if (relations[i] !== relation || this.#down.has(i) || fixed[to] === 1) continue;
      if (withheld.has(i)) continue;
      const length = tree.length[network] + 1 + (this.#state.prepends.get(i) ?? prepends[i]);
      if (length > tree.length[to]) continue;
      const isShorter = length < tree.length[to];
      if (!isShorter) {
        if (preferences === 0 && this.#topology.networks.tieBreak[to] === TieBreak.closestExit) {
          const tied = tree.ties.get(to) ?? [tree.next[to]];
          if (!tied.includes(reverse[i])) tree.ties.set(to, [...tied, reverse[i]]);
          continue;
        }
        const incumbent = neighbour[tree.next[to]];
        if (!this.#breaksTie(to, { candidate: network, incumbent, preferences })) continue;
      }
      tree.next[to] = reverse[i];
      tree.length[to] = length;
      if (!isShorter) continue;
      tree.ties.delete(to);
      onShorter?.(to);
    }
  }

  #breaksTie(
    network: number,
    { candidate, incumbent, preferences }: Readonly<Record<'candidate' | 'incumbent' | 'preferences', number>>,
  ): boolean {
    const { numbers, tieBreak } = this.#topology.networks;
    if (preferences === 0 && tieBreak[network] === TieBreak.lowestNumber)
      return numbers[candidate] < numbers[incumbent];
    const key = network ^ this.#topology.seed ^ Math.imul(preferences, 0x9e3779b1);
    return hash32(key, candidate) < hash32(key, incumbent);
  }
}

function reachedBy({ length }: RouteTree): Uint8Array {
  const reached = new Uint8Array(length.length);
  // A loop, because `Uint8Array.from` takes most of the time of a large simulation.
  for (let network = 0; network < length.length; network++) if (length[network] !== UNREACHED) reached[network] = 1;
  return reached;
}
