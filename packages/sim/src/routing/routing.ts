import { type Ipv4Address, NO_MATCH } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { isGateway, type Topology } from '../topology/topology.ts';
import { Exits } from './exits.ts';
import { InnerRoutes } from './inner-routes.ts';
import type { NetworkState } from './network-state.ts';
import { LOCAL_ROUTE, NO_ROUTE, PolicyRoutes } from './policy-routes.ts';

/** Where the routers forward packets to an address. */
export interface Destination {
  readonly address: Ipv4Address;
  /** Network whose announcement covers the address. */
  readonly network: number;
  /** Router of that network that has the address, or a link to its owner. */
  readonly router: number;
  /** Interface of `router` to leave by in the end, {@link TO_HOST}, or -1 when the router itself has the address. */
  readonly last: number;
  /** Router that owns the address, wherever it is; -1 for hosts. */
  readonly owner: number;
}

/** Instead of an interface: to the hosts behind the router. */
export const TO_HOST = -3;
/** Instead of an interface: no route. */
export const NOWHERE = -1;

/** The routing of all networks in one {@link NetworkState}. It computes each table at first use. */
export class Routing {
  readonly #topology: Topology;
  readonly #linksDown: ReadonlySet<number>;
  readonly #policy: PolicyRoutes;
  readonly #inner: InnerRoutes;
  readonly #exits: Exits;

  constructor(topology: Topology, state: NetworkState) {
    this.#topology = topology;
    this.#linksDown = state.linksDown;
    this.#policy = new PolicyRoutes(topology, state);
    this.#inner = new InnerRoutes(topology, state);
    this.#exits = new Exits(topology, { state, inner: this.#inner });
  }

  /** Returns the interface through which `router` forwards to `destination`, {@link TO_HOST} or {@link NOWHERE}. */
  nextInterface(router: number, destination: Destination): number {
    if (router === destination.router) return this.#linksDown.has(destination.last) ? NOWHERE : destination.last;
    const target = this.#innerTarget(router, destination);
    if (target < 0) return NOWHERE;
    const out = this.#border;
    if (target === router) return out;
    return this.#inner.treeTo(target).next[this.#rank(router)];
  }

  /** Returns a second interface of equal cost, or -1. */
  alternative(router: number, destination: Destination): number {
    if (router === destination.router) return -1;
    const target = this.#innerTarget(router, destination);
    return target < 0 || target === router ? -1 : this.#inner.treeTo(target).alternative[this.#rank(router)];
  }

  /** Returns the router to which the rerouting tunnels of this network lead packets for another network: that of the exit which one of two route reflectors prefers; -1 without a route. */
  tunnelTail(router: number, destination: Destination): number {
    const { adjacencies, interfaces, routers, seed } = this.#topology;
    const adjacency = this.#policy.treeTo(destination.network)[routers.network[router]];
    if (adjacency < 0) return -1;
    const exits = adjacencies.interfaces[adjacency].filter((iface) => !this.#linksDown.has(iface));
    return exits.length === 0
      ? -1
      : interfaces.router[exits[hash32(hash32(seed, adjacency), router & 1) % exits.length]];
  }

  #border = NOWHERE;

  /** The router of this network to go to: the destination's own, or the one that owns the exit, left in `#border`. */
  #innerTarget(router: number, destination: Destination): number {
    const { network } = this.#topology.routers;
    if (network[router] === destination.network) return destination.router;
    const adjacency = this.#policy.treeTo(destination.network)[network[router]];
    if (adjacency === NO_ROUTE || adjacency === LOCAL_ROUTE) return -1;
    this.#border = this.#exits.of(adjacency)[this.#rank(router)];
    return this.#border < 0 ? -1 : this.#topology.interfaces.router[this.#border];
  }

  #rank(router: number): number {
    const { networks, routers } = this.#topology;
    return router - networks.firstRouter[routers.network[router]];
  }
}

/** Finds the destination of an address; `undefined` when no network announces it. */
export function findDestination(topology: Topology, address: Ipv4Address): Destination | undefined {
  const network = topology.networkOf.lookup(address);
  if (network === NO_MATCH) return undefined;
  const { interfaces, routers, hosts } = topology;
  const iface = topology.interfaceOf.get(address);
  if (iface !== undefined) {
    const owner = interfaces.router[iface];
    if (routers.network[owner] === network) return { address, network, router: owner, last: NOWHERE, owner };
    const far = interfaces.peer[iface];
    return { address, network, router: interfaces.router[far], last: far, owner };
  }
  const loopback = topology.loopbackOf.get(address);
  if (loopback !== undefined) return { address, network, router: loopback, last: NOWHERE, owner: loopback };
  const prefix = topology.hostPrefixOf.lookup(address);
  if (prefix === NO_MATCH)
    return { address, network, router: topology.networks.firstRouter[network], last: NOWHERE, owner: -1 };
  const router = hosts.router[prefix];
  if (isGateway(topology, prefix, address)) return { address, network, router, last: NOWHERE, owner: router };
  return { address, network, router, last: TO_HOST, owner: -1 };
}
