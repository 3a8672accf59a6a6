import type { Topology } from '../topology/topology.ts';
import { type InnerRoutes, UNREACHABLE } from './inner-routes.ts';
import type { NetworkState } from './network-state.ts';

/** Hot-potato routing: each router uses the exit to a neighbour that is closest by the cost inside the network and of the link. */
export class Exits {
  readonly #topology: Topology;
  readonly #state: NetworkState;
  readonly #inner: InnerRoutes;
  readonly #tables = new Map<number, Int32Array>();

  readonly #undisturbed: Exits | undefined;
  readonly #disturbedNetworks: ReadonlySet<number>;

  /** @param undisturbed exits with all links up, which hold in networks that the state does not change */
  constructor(
    topology: Topology,
    collaborators: { readonly state: NetworkState; readonly inner: InnerRoutes },
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
  }

  /** The border interface that the router of each rank uses for `adjacency`; -1 when none can be reached. */
  of(adjacency: number): Int32Array {
    const known = this.#tables.get(adjacency);
    if (known !== undefined) return known;
    const { interfaces, routers, adjacencies } = this.#topology;
    const network = routers.network[interfaces.router[adjacencies.interfaces[adjacency][0]]];
    const before = this.#disturbedNetworks.has(network) ? undefined : this.#undisturbed;
    const table = before?.of(adjacency) ?? this.#compute(adjacency);
    this.#tables.set(adjacency, table);
    return table;
  }

  #compute(adjacency: number): Int32Array {
    const { adjacencies, interfaces, networks, routers } = this.#topology;
    const up = adjacencies.interfaces[adjacency].filter((iface) => !this.#state.linksDown.has(iface));
    const network = routers.network[interfaces.router[adjacencies.interfaces[adjacency][0]]];
    const count = networks.firstRouter[network + 1] - networks.firstRouter[network];
    const exits = new Int32Array(count).fill(-1);
    const best = new Uint32Array(count).fill(UNREACHABLE);
    for (const iface of up) {
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
