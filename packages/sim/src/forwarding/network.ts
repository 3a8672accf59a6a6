import {
  buildIcmpError,
  checkIpv4Header,
  checkOptionValues,
  decrementTtl,
  destinationOf,
  formatIpv4,
  headerLengthOf,
  ICMP,
  type Ipv4Address,
  icmpTypeOf,
  type MplsLabel,
  quotesPacket,
  sourceOf,
  ttlOf,
} from '@revtr/net';
import { createRandom, hash32, type Random } from '@revtr/probing';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import { SimError } from '../errors.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type Destination, findDestination, NOWHERE, TO_HOST } from '../routing/routing.ts';
import type { Timeline } from '../routing/timeline.ts';
import { Balance, gatewayOf, routerOf, Stamp, type Topology, Tunnel } from '../topology/topology.ts';
import { answerEcho, HOST_TTL, ROUTER_TTL } from './echo-answer.ts';
import { flowOf } from './flow.ts';
import { HostBehaviours } from './hosts.ts';
import { hasOptions, stamp } from './options.ts';
import { RateLimits } from './rate-limit.ts';

/** Called with every packet that reaches an attached host; the handler may keep the bytes. */
export type PacketHandler = (packet: Uint8Array) => void;

/** Counts of packets since the network was created. */
export interface PacketCounts {
  sent: number;
  delivered: number;
  forwarded: number;
}

const PROCESSING_MS = 0.02;
const HOST_LINK_MS = 0.3;
/** Instead of an incoming interface: the router sent the packet, or a host behind it did. */
const ORIGINATED = -1;
const FROM_HOST = -2;
const MOST_HOPS = 300;

/** A packet in transit. */
interface Transit {
  readonly packet: Uint8Array;
  readonly to: Destination;
  router: number;
  /** Interface it came in by, {@link ORIGINATED} or {@link FROM_HOST}. */
  incoming: number;
  atMs: number;
}

/**
 * The forwarding plane: IPv4 packets in, IPv4 packets out. Each packet is carried hop by hop through the routing of
 * the moment, and its delivery is put on the clock.
 */
export class Network {
  readonly counts: PacketCounts = { sent: 0, delivered: 0, forwarded: 0 };
  readonly #topology: Topology;
  readonly #parameters: SimParameters;
  readonly #timeline: Timeline;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #hosts: HostBehaviours;
  readonly #limits: RateLimits;
  readonly #attached = new Map<Ipv4Address, Set<PacketHandler>>();
  readonly #destinations = new Map<Ipv4Address, Destination>();
  #packetSerial = 0;

  constructor(
    parameters: SimParameters,
    collaborators: { readonly topology: Topology; readonly timeline: Timeline; readonly clock: VirtualClock },
  ) {
    this.#parameters = parameters;
    this.#topology = collaborators.topology;
    this.#timeline = collaborators.timeline;
    this.#clock = collaborators.clock;
    this.#random = createRandom(parameters.seed).fork('packets');
    this.#hosts = new HostBehaviours(parameters);
    this.#limits = new RateLimits(this.#topology.routers.count, parameters.rateLimitPerSecond);
  }

  /**
   * Delivers packets for the host with `address`, except echo requests, to `handler`. An attached host answers echo requests as Linux
   * does. Returns a function that detaches the handler. @throws {SimError} `unknownAddress`
   */
  attach(address: Ipv4Address, handler: PacketHandler): () => void {
    this.#hostRouter(address);
    const handlers = this.#attached.get(address) ?? new Set();
    this.#attached.set(address, handlers.add(handler));
    return () => {
      handlers.delete(handler);
      if (handlers.size === 0) this.#attached.delete(address);
    };
  }

  /**
   * Sends a packet from the host with address `from` at the current time. The network drops malformed packets, and packets with a
   * foreign source when the host's network filters them. @throws {SimError} `unknownAddress` when no host can have the address `from`
   */
  send(packet: Uint8Array, from: Ipv4Address): void {
    const router = this.#hostRouter(from);
    this.counts.sent++;
    const copy = packet.slice();
    if (checkIpv4Header(copy, 0, copy.length) !== undefined || checkOptionValues(copy, 0) !== undefined) return;
    const network = this.#topology.routers.network[router];
    const isForeign = this.#topology.networkOf.lookup(sourceOf(copy, 0)) !== network;
    if (isForeign && this.#topology.networks.spoofingAllowed[network] === 0) return;
    this.#carry(copy, router, FROM_HOST, this.#clock.now() + HOST_LINK_MS);
  }

  /** Whether the network of the host with address `from` lets spoofed packets out. @throws {SimError} `unknownAddress` */
  allowsSpoofing(from: Ipv4Address): boolean {
    return this.#topology.networks.spoofingAllowed[this.#topology.routers.network[this.#hostRouter(from)]] === 1;
  }

  #hostRouter(address: Ipv4Address): number {
    const prefix = this.#topology.hostPrefixOf.lookup(address);
    if (prefix < 0)
      throw new SimError('unknownAddress', `${formatIpv4(address)} is in no host prefix`, {
        address: formatIpv4(address),
      });
    return this.#topology.hosts.router[prefix];
  }

  #carry(packet: Uint8Array, router: number, incoming: number, atMs: number): void {
    const address = destinationOf(packet, 0);
    let to = this.#destinations.get(address);
    if (to === undefined) {
      to = findDestination(this.#topology, address);
      if (to === undefined) return;
      this.#destinations.set(address, to);
    }
    const transit: Transit = { packet, to, router, incoming, atMs };
    const flow = flowOf(packet);
    const options = hasOptions(packet);
    for (let hop = 0; hop < MOST_HOPS && this.#forward(transit, flow, options); hop++);
  }

  /** Takes the packet through one router and over the link behind it. False when its way ends here. */
  #forward(transit: Transit, flow: number, options: boolean): boolean {
    const { packet, to, router, incoming } = transit;
    const { routers, interfaces, networks } = this.#topology;
    const network = routers.network[router];
    if (incoming !== ORIGINATED) {
      if (options && networks.dropsOptions[network] === 1) return false;
      if (to.owner === router) return this.#receiveAtRouter(transit, options);
    }
    const out = this.#choose(transit, flow);
    const tunnel = this.#tunnelAt(transit, out);
    if (incoming !== ORIGINATED && tunnel !== Tunnel.hidden) {
      if (ttlOf(packet, 0) <= 1) return this.#reportError(transit, ICMP.timeExceeded, 0, tunnel);
      decrementTtl(packet, 0);
    }
    if (out === NOWHERE) return this.#reportError(transit, ICMP.unreachable, 0, tunnel);
    if (options && incoming !== ORIGINATED && tunnel === Tunnel.none) this.#stampAt(transit, out);
    this.counts.forwarded++;
    if (out === TO_HOST) return this.#receiveAtHost(transit, options);
    if (this.#random.chance(this.#parameters.linkLoss)) return false;
    transit.atMs += interfaces.delayMicros[out] / 1000 + PROCESSING_MS;
    transit.incoming = interfaces.peer[out];
    transit.router = interfaces.router[transit.incoming];
    return true;
  }

  #choose({ router, to, atMs }: Transit, flow: number): number {
    const routing = this.#timeline.at(atMs);
    const out = routing.nextInterface(router, to);
    const balance = this.#topology.routers.balance[router];
    if (balance === Balance.none || out < 0) return out;
    const other = routing.alternative(router, to);
    if (other < 0) return out;
    const key = balance === Balance.perFlow ? flow : this.#packetSerial++;
    return (hash32(key, router) & 1) === 0 ? out : other;
  }

  /** What a tunnel does to the packet here: only routers strictly between the two ends of a tunnel are inside it. */
  #tunnelAt({ router, incoming, to }: Transit, out: number): number {
    const { routers, interfaces, networks } = this.#topology;
    const network = routers.network[router];
    const kind = networks.tunnels[network];
    if (kind === Tunnel.none || incoming < 0 || out < 0) return Tunnel.none;
    const leadsOn = to.network !== network || to.last === TO_HOST;
    const isInner = interfaces.adjacency[incoming] < 0 && interfaces.adjacency[out] < 0;
    return leadsOn && isInner ? kind : Tunnel.none;
  }

  #stampAt({ packet, router, incoming, to, atMs }: Transit, out: number): void {
    const address = this.#stampAddress(router, incoming, out, to);
    if (address === undefined) return;
    stamp(packet, address, (asked) => routerOf(this.#topology, asked) === router, atMs);
  }

  #stampAddress(router: number, incoming: number, out: number, to: Destination): Ipv4Address | undefined {
    const { routers, interfaces, hostPrefixOf } = this.#topology;
    switch (routers.stamp[router]) {
      case Stamp.egress:
        return out === TO_HOST ? gatewayOf(this.#topology, hostPrefixOf.lookup(to.address)) : interfaces.address[out];
      case Stamp.ingress:
        return incoming >= 0 ? interfaces.address[incoming] : routers.loopback[router];
      case Stamp.loopback:
        return routers.loopback[router];
      case Stamp.private:
        return (0x0a000000 | (router & 0xffffff)) >>> 0;
      default:
        return undefined;
    }
  }

  #receiveAtRouter({ packet, to, router, atMs }: Transit, options: boolean): false {
    const { answersPing, answersOptions, selfStamp } = this.#topology.routers;
    const isRequest = icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoRequest;
    if (!isRequest || answersPing[router] === 0 || (options && answersOptions[router] === 0)) return false;
    const isOwn = (asked: Ipv4Address): boolean => routerOf(this.#topology, asked) === router;
    answerEcho(packet, { address: to.address, isOwn, selfStamp: selfStamp[router], ttl: ROUTER_TTL, atMs });
    this.#carry(packet, router, ORIGINATED, atMs + PROCESSING_MS);
    return false;
  }

  #receiveAtHost({ packet, to, router, atMs }: Transit, options: boolean): false {
    const arrival = atMs + HOST_LINK_MS;
    const handlers = this.#attached.get(to.address);
    const isRequest = icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoRequest;
    if (handlers !== undefined && !isRequest) this.#deliver(packet, handlers, arrival);
    const answers =
      handlers !== undefined ||
      (this.#hosts.answersPing(to.address) && (!options || this.#hosts.answersOptions(to.address)));
    if (!isRequest || !answers) return false;
    const selfStamp = this.#hosts.selfStamp(to.address);
    answerEcho(packet, { address: to.address, isOwn: (asked) => asked === to.address, selfStamp, ttl: HOST_TTL, atMs });
    this.#carry(packet, router, FROM_HOST, arrival + HOST_LINK_MS);
    return false;
  }

  #deliver(packet: Uint8Array, handlers: ReadonlySet<PacketHandler>, atMs: number): void {
    this.counts.delivered++;
    this.#clock.schedule(atMs - this.#clock.now(), () => {
      for (const handler of handlers) handler(packet);
    });
  }

  #reportError({ packet, router, incoming, atMs }: Transit, type: number, code: number, tunnel: number): false {
    const { routers, interfaces } = this.#topology;
    const isError = quotesPacket(icmpTypeOf(packet, headerLengthOf(packet, 0)));
    if (isError || routers.silent[router] === 1) return false;
    if (routers.rateLimited[router] === 1 && !this.#limits.take(router, atMs)) return false;
    const useLoopback = routers.errorFromLoopback[router] === 1 || incoming < 0;
    const source = useLoopback ? this.#errorSource(router, incoming, packet) : interfaces.address[incoming];
    const labels: MplsLabel[] =
      tunnel === Tunnel.visible
        ? [
            {
              label: 16 + (hash32(router, destinationOf(packet, 0)) & 0xffff),
              trafficClass: 0,
              bottomOfStack: true,
              ttl: 1,
            },
          ]
        : [];
    const error = buildIcmpError(packet, 0, {
      type,
      code,
      source,
      destination: sourceOf(packet, 0),
      ttl: ROUTER_TTL,
      labels,
    });
    this.#carry(error, router, ORIGINATED, atMs + PROCESSING_MS);
    return false;
  }

  /** The loopback, or, towards a host behind the router, the address that the host knows it by. */
  #errorSource(router: number, incoming: number, packet: Uint8Array): Ipv4Address {
    const { routers, hostPrefixOf } = this.#topology;
    const prefix = incoming === FROM_HOST ? hostPrefixOf.lookup(sourceOf(packet, 0)) : -1;
    const isLocal = prefix >= 0 && this.#topology.hosts.router[prefix] === router;
    return isLocal && routers.errorFromLoopback[router] === 0
      ? gatewayOf(this.#topology, prefix)
      : routers.loopback[router];
  }
}
