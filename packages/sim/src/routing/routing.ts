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
  /** Network whose block covers the address. */
  readonly network: number;
  /** Index of that network, or of the address's announcement behind those of the networks. */
  readonly route: number;
  /** The routers that lead to its hosts where several networks announce it, by network. */
  readonly sites?: ReadonlyMap<number, number>;
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

  /** @param undisturbed routing with all links up; tables that the state does not change are shared with it */
  constructor(topology: Topology, state: NetworkState, undisturbed?: Routing) {
    this.#topology = topology;
    this.#linksDown = state.linksDown;
    const before = undisturbed === undefined ? undefined : undisturbed.#tables();
    this.#policy = new PolicyRoutes(topology, state, before?.policy);
    // Prepending changes nothing inside networks.
    if (before !== undefined && state.linksDown.size === 0) {
      this.#inner = before.inner;
      this.#exits = before.exits;
      return;
    }
    this.#inner = new InnerRoutes(topology, state, before?.inner);
    this.#exits = new Exits(topology, { state, inner: this.#inner, groups: this.#policy.groups }, before?.exits);
  }

  /** Returns the interface through which `router` forwards to `destination`, {@link TO_HOST} or {@link NOWHERE}. */
  nextInterface(router: number, destination: Destination): number {
    if (router === this.siteOf(router, destination))
      return this.#linksDown.has(destination.last) ? NOWHERE : destination.last;
    const target = this.#innerTarget(router, destination);
    if (target < 0) return NOWHERE;
    const out = this.#border;
    if (target === router) return out;
    return this.#inner.treeTo(target).next[this.#rank(router)];
  }

  /** Returns a second interface of equal cost, or -1. */
  alternative(router: number, destination: Destination): number {
    if (router === this.siteOf(router, destination)) return -1;
    const target = this.#innerTarget(router, destination);
    return target < 0 || target === router ? -1 : this.#inner.treeTo(target).alternative[this.#rank(router)];
  }

  /** Returns the router to which the rerouting tunnels of this network lead packets for another network: that of the exit which one of two route reflectors prefers; -1 without a route. */
  tunnelTail(router: number, destination: Destination): number {
    const { interfaces, routers, seed } = this.#topology;
    const adjacency = this.#adjacencyTowards(destination, routers.network[router]);
    if (adjacency < 0) return -1;
    const exits = this.#exits.interfacesOf(adjacency);
    return exits.length === 0
      ? -1
      : interfaces.router[exits[hash32(hash32(seed, adjacency), router & 1) % exits.length]];
  }

  /** Returns the router that leads to the destination itself in the network of `router`; -1 when that network has none. */
  siteOf(router: number, { network, router: own, sites }: Destination): number {
    const here = this.#topology.routers.network[router];
    return here === network ? own : (sites?.get(here) ?? -1);
  }

  #tables(): { readonly policy: PolicyRoutes; readonly inner: InnerRoutes; readonly exits: Exits } {
    return { policy: this.#policy, inner: this.#inner, exits: this.#exits };
  }

  #border = NOWHERE;

  /** The router of this network to go to: the destination's own, or the one that owns the exit, left in `#border`. */
  #innerTarget(router: number, destination: Destination): number {
    const { network } = this.#topology.routers;
    const site = this.siteOf(router, destination);
    if (site >= 0) return site;
    const adjacency = this.#adjacencyTowards(destination, network[router]);
    if (adjacency === NO_ROUTE || adjacency === LOCAL_ROUTE) return -1;
    this.#border = this.#exits.of(adjacency)[this.#rank(router)];
    return this.#border < 0 ? -1 : this.#topology.interfaces.router[this.#border];
  }

  /** Networks without a route to an announcement use the route to the block that covers it. */
  #adjacencyTowards({ network, route }: Destination, from: number): number {
    const adjacency = this.#policy.next(route, from);
    return adjacency === NO_ROUTE && route !== network ? this.#policy.next(network, from) : adjacency;
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
  const common = { address, network, route: network };
  const iface = topology.interfaceOf.get(address);
  if (iface !== undefined) {
    const owner = interfaces.router[iface];
    if (routers.network[owner] === network) return { ...common, router: owner, last: NOWHERE, owner };
    const far = interfaces.peer[iface];
    return { ...common, router: interfaces.router[far], last: far, owner };
  }
  const loopback = topology.loopbackOf.get(address);
  if (loopback !== undefined) return { ...common, router: loopback, last: NOWHERE, owner: loopback };
  const prefix = topology.hostPrefixOf.lookup(address);
  if (prefix === NO_MATCH)
    return { ...common, router: topology.networks.firstRouter[network], last: NOWHERE, owner: -1 };
  const router = hosts.router[prefix];
  const announced = { ...common, ...announcementOf(topology, prefix), router };
  return isGateway(topology, prefix, address)
    ? { ...announced, last: NOWHERE, owner: router }
    : { ...announced, last: TO_HOST, owner: -1 };
}

/** How a host prefix is routed when it has an announcement. */
function announcementOf({ networks, hosts, announcements }: Topology, prefix: number): Partial<Destination> {
  const index = hosts.announcement[prefix];
  if (index < 0) return {};
  const { sites } = announcements[index];
  return { route: networks.count + index, ...(sites.size > 1 && { sites }) };
}
