import type { Topology } from '../topology/topology.ts';
import { type InnerRoutes, UNREACHABLE } from './inner-routes.ts';
import type { NeighbourGroups } from './neighbour-groups.ts';
import type { NetworkState } from './network-state.ts';

/** Hot-potato routing: each router uses the exit to a neighbour that is closest by the cost inside the network and of the link. */
export class Exits {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #inner: InnerRoutes;
  readonly #groups: NeighbourGroups;
  readonly #tables = new Map<number, Int32Array>();

  readonly #undisturbed: Exits | undefined;
  readonly #disturbedNetworks: ReadonlySet<number>;

  /** @param undisturbed exits with all links up, which hold in networks that the state does not change */
  constructor(
    topology: Topology,
    collaborators: { readonly state: NetworkState; readonly inner: InnerRoutes; readonly groups: NeighbourGroups },
    undisturbed?: Exits,
  ) {
    this.#undisturbed = undisturbed;
    const { routers, interfaces } = topology;
    this.#disturbedNetworks = new Set(
      [...collaborators.state.linksDown].map((iface) => routers.network[interfaces.router[iface]]),
    );
    this.#topology = topology;
    this.#state = collaborators.state;
    this.#inner = collaborators.inner;
    this.#groups = collaborators.groups;
  }

  /** The border interface that the router of each rank uses for an adjacency or a group of them; -1 when none can be reached. */
  of(adjacencies: number): Int32Array {
    const known = this.#tables.get(adjacencies);
    if (known !== undefined) return known;
    const before = this.#disturbedNetworks.has(this.#networkOf(adjacencies)) ? undefined : this.#undisturbed;
    const table = before?.of(adjacencies) ?? this.#compute(adjacencies);
    this.#tables.set(adjacencies, table);
    return table;
  }

  /** The border interfaces of an adjacency or a group of them whose links are up. */
  interfacesOf(adjacencies: number): number[] {
    return this.#groups
      .of(adjacencies)
      .flatMap((adjacency) => this.#topology.adjacencies.interfaces[adjacency])
      .filter((iface) => !this.#state.linksDown.has(iface));
  }

  #networkOf(adjacencies: number): number {
    const { adjacencies: table, interfaces, routers } = this.#topology;
    const [first] = this.#groups.of(adjacencies);
    return routers.network[interfaces.router[table.interfaces[first][0]]];
  }

  #compute(adjacencies: number): Int32Array {
    const { interfaces, networks } = this.#topology;
    const network = this.#networkOf(adjacencies);
    const count = networks.firstRouter[network + 1] - networks.firstRouter[network];
    const exits = new Int32Array(count).fill(-1);
    const best = new Uint32Array(count).fill(UNREACHABLE);
    for (const iface of this.interfacesOf(adjacencies)) {
      const { cost } = this.#inner.treeTo(interfaces.router[iface]);
      for (let rank = 0; rank < count; rank++) {
        const total = cost[rank] === UNREACHABLE ? UNREACHABLE : cost[rank] + interfaces.cost[iface];
        if (total >= best[rank]) continue;
        best[rank] = total;
        exits[rank] = iface;
      }
    }
    return exits;
  }
}
