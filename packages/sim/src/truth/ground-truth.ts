import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { SimError } from '../errors.ts';
import { addressKey } from '../forwarding/balancer.ts';
import { FROM_HOST, ORIGINATED } from '../forwarding/transit.ts';
import { tailBehind, type Whereabouts } from '../forwarding/tunnels.ts';
import { type Destination, findDestination, TO_HOST } from '../routing/routing.ts';
import type { Timeline } from '../routing/timeline.ts';
import { Balance, gatewayOf, routerOf, type Topology } from '../topology/topology.ts';

/** The true path of the packets of one flow. */
export interface TruePath {
  /** Indexes of routers in order, the destination included when it is a router. */
  readonly routers: readonly number[];
  /** Numbers of the networks in order, each once. */
  readonly asPath: readonly number[];
  readonly reached: boolean;
}

const MOST_HOPS = 300;

/** The ground truth about paths and routers. Only evaluation code may use it, never measurement code. */
export class GroundTruth {
  readonly #topology: Topology;
  readonly #timeline: Timeline;

  constructor(topology: Topology, timeline: Timeline) {
    this.#topology = topology;
    this.#timeline = timeline;
  }

  /** Returns the path of flow number `flow` between two addresses at `atMs`, milliseconds since the Unix epoch. @throws {SimError} `unknownAddress` */
  path(from: Ipv4Address, to: Ipv4Address, atMs: number, flow = 0): TruePath {
    const destination = this.#find(to);
    const routers: number[] = [];
    let at: Whereabouts | undefined = this.#startOf(from, destination, atMs);
    while (at !== undefined && routers.length < MOST_HOPS) {
      const { router }: Whereabouts = at;
      routers.push(router);
      if (router === destination.owner) break;
      const next = this.#nextOf(at, from, atMs);
      at = next.length === 0 ? undefined : next[hash32(flow, router) % next.length];
    }
    const last = routers[routers.length - 1];
    const reached =
      destination.owner >= 0
        ? last === destination.owner
        : last === this.#timeline.at(atMs).siteOf(last, destination) && destination.last === TO_HOST;
    return { routers, asPath: this.asPathOf(routers), reached };
  }

  /** Returns all routers that packets from `from` to `to` can pass, over all flows. @throws {SimError} `unknownAddress` */
  possibleRouters(from: Ipv4Address, to: Ipv4Address, atMs: number): Set<number> {
    const destination = this.#find(to);
    const seen = new Set<number>();
    const routers = new Set<number>();
    const open = [this.#startOf(from, destination, atMs)];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { router, incoming, tail } = at;
      const entersNetwork = incoming < 0 || this.#topology.interfaces.adjacency[incoming] >= 0;
      const key = 3 * router + (tail !== undefined ? 2 : entersNetwork ? 1 : 0);
      if (seen.has(key)) continue;
      seen.add(key);
      routers.add(router);
      if (router !== destination.owner) open.push(...this.#nextOf(at, from, atMs));
    }
    return routers;
  }

  /** Returns the index of the router that owns an address, or -1. */
  routerOf(address: Ipv4Address): number {
    return routerOf(this.#topology, address);
  }

  /** Every address of a router: loopback, interfaces, gateways of its host prefixes. */
  addressesOf(router: number): Ipv4Address[] {
    const { routers, interfaces, hosts } = this.#topology;
    const addresses = new Set([routers.loopback[router]]);
    for (let i = routers.firstInterface[router]; i < routers.firstInterface[router + 1]; i++)
      addresses.add(interfaces.address[i]);
    hosts.router.forEach((owner, prefix) => {
      if (owner === router) addresses.add(gatewayOf(this.#topology, prefix));
    });
    return [...addresses];
  }

  /** Number of the network that a router belongs to. */
  asOf(router: number): number {
    return this.#topology.networks.numbers[this.#topology.routers.network[router]];
  }

  /** Networks of a list of routers, repetitions in a row taken once. */
  asPathOf(routers: readonly number[]): number[] {
    return routers.map((router) => this.asOf(router)).filter((number, i, all) => number !== all[i - 1]);
  }

  /** Where packets from `from` can be behind the next link. */
  #nextOf(at: Whereabouts, from: Ipv4Address, atMs: number): Whereabouts[] {
    const { interfaces, routers } = this.#topology;
    const { router, to } = at;
    const routing = this.#timeline.at(atMs);
    const tail = tailBehind(this.#topology, routing, at);
    const towards = tail ?? to;
    const first = routing.nextInterface(router, towards);
    if (first < 0) return [];
    const balance = routers.balance[router];
    const second = balance === Balance.none ? -1 : routing.alternative(router, towards);
    const choices = second < 0 ? [first] : [first, second];
    const isFixed = balance === Balance.perAddresses && second >= 0;
    const taken = isFixed ? [choices[hash32(addressKey(from, to.address), router) & 1]] : choices;
    return taken.map((iface) => {
      const incoming = interfaces.peer[iface];
      return { router: interfaces.router[incoming], incoming, to, tail };
    });
  }

  /** Hosts of an anycast prefix send from the site that packets from the other end reach. */
  #startOf(address: Ipv4Address, to: Destination, atMs: number): Whereabouts {
    const owner = routerOf(this.#topology, address);
    if (owner >= 0) return { router: owner, incoming: ORIGINATED, to, tail: undefined };
    const prefix = this.#topology.hostPrefixOf.lookup(address);
    if (prefix < 0) throw unknown(address);
    const isAnycast = this.#find(address).sites !== undefined && to.sites === undefined;
    const caught = isAnycast ? this.path(to.address, address, atMs).routers.at(-1) : undefined;
    return { router: caught ?? this.#topology.hosts.router[prefix], incoming: FROM_HOST, to, tail: undefined };
  }

  #find(address: Ipv4Address): Destination {
    const destination = findDestination(this.#topology, address);
    if (destination === undefined) throw unknown(address);
    return destination;
  }
}

const unknown = (address: Ipv4Address): SimError =>
  new SimError('unknownAddress', `${formatIpv4(address)} is not in this simulated Internet`, {
    address: formatIpv4(address),
  });
