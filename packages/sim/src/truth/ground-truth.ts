import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { SimError } from '../errors.ts';
import { type Destination, findDestination, type Routing, TO_HOST } from '../routing/routing.ts';
import type { Timeline } from '../routing/timeline.ts';
import { gatewayOf, routerOf, type Topology } from '../topology/topology.ts';

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
    const routing = this.#timeline.at(atMs);
    const routers: number[] = [];
    let router = this.#startOf(from);
    while (router >= 0 && routers.length < MOST_HOPS) {
      routers.push(router);
      if (router === destination.owner) break;
      const choices = this.#choices(routing, router, destination);
      router = choices.length === 0 ? -1 : choices[hash32(flow, router) % choices.length];
    }
    const last = routers[routers.length - 1];
    const reached =
      destination.owner >= 0 ? last === destination.owner : last === destination.router && destination.last === TO_HOST;
    return { routers, asPath: this.asPathOf(routers), reached };
  }

  /** Returns all routers that packets from `from` to `to` can pass, over all flows. @throws {SimError} `unknownAddress` */
  possibleRouters(from: Ipv4Address, to: Ipv4Address, atMs: number): Set<number> {
    const destination = this.#find(to);
    const routing = this.#timeline.at(atMs);
    const seen = new Set<number>();
    const open = [this.#startOf(from)];
    for (let router = open.pop(); router !== undefined; router = open.pop()) {
      if (seen.has(router)) continue;
      seen.add(router);
      if (router !== destination.owner) open.push(...this.#choices(routing, router, destination));
    }
    return seen;
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

  #choices(routing: Routing, router: number, destination: Destination): number[] {
    const { interfaces, routers } = this.#topology;
    const first = routing.nextInterface(router, destination);
    if (first < 0) return [];
    const second = routers.balance[router] === 0 ? -1 : routing.alternative(router, destination);
    return [first, second].filter((iface) => iface >= 0).map((iface) => interfaces.router[interfaces.peer[iface]]);
  }

  #startOf(address: Ipv4Address): number {
    const owner = routerOf(this.#topology, address);
    if (owner >= 0) return owner;
    const prefix = this.#topology.hostPrefixOf.lookup(address);
    if (prefix < 0) throw unknown(address);
    return this.#topology.hosts.router[prefix];
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
