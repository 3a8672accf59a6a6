import { hash32 } from '@revtr/probing';
import { type Announcement, Relation, TieBreak, type Topology } from '../topology/topology.ts';
import { type AdjacencyIndex, indexAdjacencies } from './adjacency-index.ts';
import { NeighbourGroups } from './neighbour-groups.ts';
import type { NetworkState } from './network-state.ts';
import { RouteCache } from './route-cache.ts';
import {
  computeRouteLengths,
  DOWN,
  kindOf,
  lengthOf,
  RouteKind,
  type RouteLengths,
  UNREACHED,
} from './route-lengths.ts';

/** Instead of an adjacency: the network has no route, or is itself the destination. */
export const NO_ROUTE = -1;
export const LOCAL_ROUTE = -2;

/**
 * Bounds on the routes in memory: as many as so many states have to all destinations, so that the cache of a small Internet is soon full, and bytes; a large
 * Internet has about ten times as many.
 */
const CACHED_STATES = 12;
const CACHE_BYTES = 256 * 2 ** 20;
/** With more disturbed adjacencies it is faster to compute routes anew than to look whether they are disturbed. */
const MOST_CHECKED = 40;
/** Bytes of the choices of those networks that are usually asked for. */
const CHOICES_BYTES = 2_000;

/** Routes to one destination. */
interface RouteTree {
  readonly routes: RouteLengths;
  /** The weights that they were computed with. */
  readonly weights: Uint8Array;
  readonly announcement: Announcement;
  /** The adjacency or group of each network that was asked for. */
  readonly chosen: Map<number, number>;
  readonly bytes: number;
}

/** What the routes of all states of an Internet share. */
interface SharedTables {
  readonly index: AdjacencyIndex;
  readonly groups: NeighbourGroups;
  readonly cache: RouteCache<RouteTree>;
  /** Weights with all links up and the usual prepending. */
  readonly weights: Uint8Array;
}

const cacheBytes = ({ networks, announcements }: Topology): number =>
  Math.min(CACHE_BYTES, CACHED_STATES * (networks.count + announcements.length) * routeBytes(networks.count));

/** Bytes of the routes of all networks to one destination. */
const routeBytes = (networks: number): number => networks * Uint16Array.BYTES_PER_ELEMENT + CHOICES_BYTES;

/** By how much a route becomes longer for a network to which it is announced with `count` repetitions. */
const weightOf = (count: number): number => Math.min(1 + count, DOWN - 1);

/**
 * Routes between networks, to each destination network and each other announcement: customer routes before peer routes before provider
 * routes, then the shortest, then a fixed tie-break or the closest exit of each router. The lengths of all networks' routes to a destination are
 * computed when it is first asked for, the choice between equal routes for each network that is asked for.
 */
export class PolicyRoutes {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #undisturbed: PolicyRoutes | undefined;
  readonly #shared: SharedTables;
  readonly #firstKey: number;
  /** Adjacencies that are down or longer than in the undisturbed state. */
  readonly #disturbed: readonly number[];
  /** Adjacencies whose links are all down. */
  readonly #down: readonly number[];
  #weights: Uint8Array | undefined;
  #lastRoute = -1;
  #lastTree: RouteTree | undefined;

  /** @param undisturbed routes with all links up, from which those are taken that the state does not change */
  constructor(topology: Topology, state: NetworkState, undisturbed?: PolicyRoutes) {
    this.#topology = topology;
    this.#state = state;
    const { interfaces, prepends, neighbour } = topology.adjacencies;
    this.#shared =
      undisturbed === undefined
        ? {
            index: indexAdjacencies(topology.adjacencies),
            groups: new NeighbourGroups(neighbour.length),
            cache: new RouteCache(cacheBytes(topology)),
            weights: Uint8Array.from(prepends, weightOf),
          }
        : undisturbed.#shared;
    const touched = new Set([...state.linksDown].map((iface) => topology.interfaces.adjacency[iface]));
    touched.delete(-1);
    this.#down = [...touched].filter((i) => interfaces[i].every((iface) => state.linksDown.has(iface)));
    // Most links that fail have parallel ones: states with the same adjacencies have the same routes.
    const stateNumber = this.#shared.cache.stateNumber(state.prepends, this.#down);
    this.#firstKey = stateNumber * (topology.networks.count + topology.announcements.length);
    const usual = undisturbed === undefined ? undefined : undisturbed.#state.prepends;
    const before = (i: number): number => usual?.get(i) ?? prepends[i];
    const changed = usual === state.prepends ? [] : [...state.prepends].filter(([i, count]) => count !== before(i));
    this.#disturbed = [...this.#down, ...changed.map(([i]) => i)];
    // A shorter route can attract networks that did not use it before.
    const isShorter = changed.some(([i, count]) => count < before(i));
    this.#undisturbed = isShorter || this.#disturbed.length > MOST_CHECKED ? undefined : undisturbed;
  }

  /** Neighbours with equal routes; the same for all states, because routes are shared. */
  get groups(): NeighbourGroups {
    return this.#shared.groups;
  }

  /**
   * The adjacency that a network uses towards a destination, or the group of them ({@link NeighbourGroups}), {@link NO_ROUTE} or
   * {@link LOCAL_ROUTE}.
   * @param route index of the destination network, or of an announcement behind those of the networks
   */
  next(route: number, network: number): number {
    // The hops of one packet ask for one route.
    if (route !== this.#lastRoute || this.#lastTree === undefined) {
      this.#lastTree = this.#treeTo(route);
      this.#lastRoute = route;
    }
    return this.#choiceIn(this.#lastTree, network);
  }

  #treeTo(route: number): RouteTree {
    const { cache } = this.#shared;
    let tree = cache.get(this.#firstKey + route);
    if (tree === undefined) {
      const before = this.#undisturbed === undefined ? undefined : this.#undisturbed.#treeTo(route);
      tree = before !== undefined && !this.#disturbs(before) ? before : this.#compute(route);
      cache.set(this.#firstKey + route, tree);
    }
    return tree;
  }

  /** Whether routes use an adjacency that is disturbed now. Those that do not stay as they are. */
  #disturbs(tree: RouteTree): boolean {
    const { neighbour, reverse } = this.#topology.adjacencies;
    return this.#disturbed.some((i) => this.groups.contains(this.#choiceIn(tree, neighbour[i]), reverse[i]));
  }

  #compute(route: number): RouteTree {
    const { adjacencies } = this.#topology;
    const announcement = this.#announcementOf(route);
    const weights = this.#weightsNow();
    const routes = computeRouteLengths({ adjacencies, index: this.#shared.index, weights }, announcement);
    return { routes, weights, announcement, chosen: new Map(), bytes: routes.byteLength + CHOICES_BYTES };
  }

  #weightsNow(): Uint8Array {
    if (this.#weights === undefined) {
      const weights = this.#shared.weights.slice();
      for (const [i, count] of this.#state.prepends) weights[i] = weightOf(count);
      for (const i of this.#down) weights[i] = DOWN;
      this.#weights = weights;
    }
    return this.#weights;
  }

  #announcementOf(route: number): Announcement {
    const { networks, announcements } = this.#topology;
    return route < networks.count
      ? { sites: new Map([[route, -1]]), withheld: new Set(), preferences: 0 }
      : announcements[route - networks.count];
  }

  #choiceIn(tree: RouteTree, network: number): number {
    const route = tree.routes[network];
    if (route === UNREACHED) return NO_ROUTE;
    if (kindOf(route) === RouteKind.own) return LOCAL_ROUTE;
    let choice = tree.chosen.get(network);
    if (choice === undefined) {
      choice = this.#choose(tree, network, this.#equalRoutes(tree, network));
      tree.chosen.set(network, choice);
    }
    return choice;
  }

  /** The adjacencies over which a network has its shortest route of the kind that it prefers. */
  #equalRoutes({ routes, weights, announcement: { withheld } }: RouteTree, network: number): number[] {
    const { first, neighbour, relation, reverse } = this.#topology.adjacencies;
    const own = routes[network];
    const wanted = RELATION_OF[kindOf(own)];
    const isDown = wanted === Relation.provider;
    const equal: number[] = [];
    for (let i = first[network]; i < first[network + 1]; i++) {
      if (relation[i] !== wanted) continue;
      const theirs = routes[neighbour[i]];
      const from = reverse[i];
      const length = lengthOf(own) - weights[from];
      // Only customers get the routes of peers and providers.
      if (theirs === UNREACHED || lengthOf(theirs) !== length || (!isDown && kindOf(theirs) > RouteKind.customer))
        continue;
      if (weights[from] !== DOWN && !withheld.has(from)) equal.push(i);
    }
    return equal;
  }

  #choose({ announcement: { preferences } }: RouteTree, network: number, equal: readonly number[]): number {
    const { neighbour } = this.#topology.adjacencies;
    if (equal.length === 1) return equal[0];
    if (preferences === 0 && this.#topology.networks.tieBreak[network] === TieBreak.closestExit)
      return this.groups.numberOf(equal);
    return equal.reduce((best, i) =>
      this.#breaksTie(network, { candidate: neighbour[i], incumbent: neighbour[best], preferences }) ? i : best,
    );
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

/** What the neighbours are to a network from whom it has a route of each kind. */
const RELATION_OF: Readonly<Record<number, number>> = {
  [RouteKind.customer]: Relation.customer,
  [RouteKind.peer]: Relation.peer,
  [RouteKind.provider]: Relation.provider,
};
