import type { Topology } from '../topology/topology.ts';
import type { NetworkState } from './network-state.ts';

/** Shortest paths of one network's routers towards one of them; columns are indexed by router rank in the network. */
export interface InnerTree {
  /** Cost, {@link UNREACHABLE} when cut off. */
  readonly cost: Uint32Array;
  /** Interface of the best next hop, -1 at the target and when cut off. */
  readonly next: Int32Array;
  /** Interface of a second next hop of equal cost, or -1. */
  readonly alternative: Int32Array;
}

export const UNREACHABLE = 0xffffffff;

/** Routing inside the networks: one shortest-path tree for each target router, computed when first asked for (Dijkstra). */
export class InnerRoutes {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #undisturbed: InnerRoutes | undefined;
  readonly #trees = new Map<number, InnerTree>();

  /** @param undisturbed routes with all links up, from which trees that the state does not change are taken */
  constructor(topology: Topology, state: NetworkState, undisturbed?: InnerRoutes) {
    this.#topology = topology;
    this.#state = state;
    this.#undisturbed = undisturbed;
  }

  /** The tree of all routers of the target's network towards `target`. */
  treeTo(target: number): InnerTree {
    let tree = this.#trees.get(target);
    if (tree === undefined) {
      const before = this.#undisturbed?.treeTo(target);
      tree = before !== undefined && !this.#disturbs(before, target) ? before : this.#compute(target);
      this.#trees.set(target, tree);
    }
    return tree;
  }

  /** Whether a tree uses a link that is down now. A tree that does not stays as it is. */
  #disturbs({ next, alternative }: InnerTree, target: number): boolean {
    const { routers, interfaces, networks } = this.#topology;
    const network = routers.network[target];
    for (const iface of this.#state.linksDown) {
      const router = interfaces.router[iface];
      if (routers.network[router] !== network) continue;
      const rank = router - networks.firstRouter[network];
      if (next[rank] === iface || alternative[rank] === iface) return true;
    }
    return false;
  }

  #compute(target: number): InnerTree {
    const { routers, interfaces, networks } = this.#topology;
    const network = routers.network[target];
    const base = networks.firstRouter[network];
    const count = networks.firstRouter[network + 1] - base;
    const cost = new Uint32Array(count).fill(UNREACHABLE);
    const next = new Int32Array(count).fill(-1);
    const alternative = new Int32Array(count).fill(-1);
    const tree = { cost, next, alternative };
    cost[target - base] = 0;
    const byCost: (number[] | undefined)[] = [[target]];
    for (let at = 0; at < byCost.length; at++) {
      for (const router of byCost[at] ?? []) {
        if (cost[router - base] !== at) continue;
        for (const iface of this.#relax(router, at, base, tree)) {
          const offered = at + interfaces.cost[iface];
          const queue = byCost[offered] ?? [];
          queue.push(interfaces.router[iface]);
          byCost[offered] = queue;
        }
      }
      byCost[at] = undefined;
    }
    return tree;
  }

  /** Offers the path through `router` to its neighbours; returns the interfaces of those it is shorter for. */
  #relax(router: number, at: number, base: number, { cost, next, alternative }: InnerTree): number[] {
    const { routers, interfaces } = this.#topology;
    const improved: number[] = [];
    for (let i = routers.firstInterface[router]; i < routers.firstInterface[router + 1]; i++) {
      if (interfaces.adjacency[i] >= 0 || this.#state.linksDown.has(i)) continue;
      const towards = interfaces.peer[i];
      const rank = interfaces.router[towards] - base;
      const offered = at + interfaces.cost[towards];
      if (offered === cost[rank] && next[rank] !== towards) alternative[rank] = towards;
      if (offered >= cost[rank]) continue;
      cost[rank] = offered;
      next[rank] = towards;
      alternative[rank] = -1;
      improved.push(towards);
    }
    return improved;
  }
}
