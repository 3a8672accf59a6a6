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
  quotesPacket,
  sourceOf,
  ttlOf,
} from '@revtr/net';
import { createRandom, hash32 } from '@revtr/probing';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import { SimError } from '../errors.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type Destination, findDestination, NOWHERE, TO_HOST } from '../routing/routing.ts';
import type { Timeline } from '../routing/timeline.ts';
import { routerOf, SelfStamp, type Topology, Tunnel } from '../topology/topology.ts';
import { Balancer } from './balancer.ts';
import { answerEcho } from './echo-answer.ts';
import { flowOf } from './flow.ts';
import { HOST_LINK_MS, HostAnswers } from './host-answers.ts';
import { errorSourceOf, labelsOf } from './icmp-errors.ts';
import { routerTtls } from './initial-ttl.ts';
import { LinkConditions, LOST } from './link-conditions.ts';
import { falsifyStamps, type NetworkFault, PROHIBITED } from './network-fault.ts';
import { filterOptions } from './option-filters.ts';
import { hasOptions } from './options.ts';
import { RateLimits } from './rate-limit.ts';
import { SlowPath } from './slow-path.ts';
import { Stamper } from './stamper.ts';
import { FROM_HOST, ORIGINATED, type Transit } from './transit.ts';
import { tunnelAt } from './tunnels.ts';

/** Called with every packet that reaches an attached host; the handler may keep the bytes. */
export type PacketHandler = (packet: Uint8Array) => void;

/** Counts of packets since the network was created. */
export interface PacketCounts {
  sent: number;
  delivered: number;
  forwarded: number;
}

const PROCESSING_MS = 0.02;
const MOST_HOPS = 300;

/**
 * The forwarding plane: IPv4 packets in, IPv4 packets out. Each packet is carried hop by hop through the routing of the moment. Its way is
 * computed when it is sent, except where the fate of a packet depends on those that arrive before it: there it continues as an
 * event on the clock, as its delivery does.
 */
export class Network {
  readonly counts: PacketCounts = { sent: 0, delivered: 0, forwarded: 0 };
  readonly #topology: Topology;
  readonly #parameters: SimParameters;
  readonly #clock: VirtualClock;
  readonly #timeline: Timeline;
  readonly #hosts: HostAnswers;
  readonly #balancer: Balancer;
  readonly #stamper: Stamper;
  readonly #links: LinkConditions;
  readonly #slowPath: SlowPath;
  readonly #limits: RateLimits;
  readonly #attached = new Map<Ipv4Address, Set<PacketHandler>>();
  readonly #destinations = new Map<Ipv4Address, Destination>();
  #fault: NetworkFault | undefined;

  constructor(
    parameters: SimParameters,
    collaborators: { readonly topology: Topology; readonly timeline: Timeline; readonly clock: VirtualClock },
  ) {
    this.#parameters = parameters;
    this.#topology = collaborators.topology;
    this.#clock = collaborators.clock;
    this.#timeline = collaborators.timeline;
    const random = createRandom(parameters.seed);
    this.#hosts = new HostAnswers(this.#topology, parameters, random.fork('hosts'));
    this.#balancer = new Balancer(this.#topology, collaborators.timeline);
    this.#stamper = new Stamper(this.#topology, parameters.sharedPrivatePool);
    this.#links = new LinkConditions(parameters, random.fork('packets'));
    this.#slowPath = new SlowPath(this.#topology.routers.count, parameters, random.fork('slow-path'));
    this.#limits = new RateLimits(new Float64Array(this.#topology.routers.count).fill(parameters.rateLimitPerSecond));
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
    if (this.#fault === 'silence') return;
    const copy = packet.slice();
    if (checkIpv4Header(copy, 0, copy.length) !== undefined || checkOptionValues(copy, 0) !== undefined) return;
    const network = this.#topology.routers.network[router];
    const isForeign = this.#topology.networkOf.lookup(sourceOf(copy, 0)) !== network;
    if (isForeign && this.#topology.networks.spoofingAllowed[network] === 0) return;
    const atMs = this.#clock.now() + HOST_LINK_MS;
    if (this.#fault === 'prohibited') this.#prohibit(copy, router, atMs);
    else this.#carry(copy, router, FROM_HOST, atMs);
  }

  /** Lets a fault begin, in place of the one before, or end. */
  suffer(fault: NetworkFault | undefined): void {
    this.#fault = fault;
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
    const to = this.#find(destinationOf(packet, 0));
    if (to === undefined) return;
    this.#continue({
      packet,
      to,
      flow: flowOf(packet),
      hasOptions: hasOptions(packet),
      router,
      incoming,
      atMs,
      hops: 0,
      tail: undefined,
      isItsTurn: false,
    });
  }

  #find(address: Ipv4Address): Destination | undefined {
    let to = this.#destinations.get(address);
    if (to === undefined) {
      to = findDestination(this.#topology, address);
      if (to !== undefined) this.#destinations.set(address, to);
    }
    return to;
  }

  #continue(transit: Transit): void {
    while (transit.hops < MOST_HOPS && this.#forward(transit)) transit.hops++;
  }

  /** Takes the packet through one router and over the link behind it. False when its way ends or waits here. */
  #forward(transit: Transit): boolean {
    const { to, router, incoming } = transit;
    if (incoming !== ORIGINATED) {
      if (transit.hasOptions && !(filterOptions(this.#topology, transit) && this.#passSlowPath(transit))) return false;
      if (to.owner === router) return this.#receiveAtRouter(transit);
    }
    const out = this.#balancer.choose(transit);
    const tunnel = tunnelAt(this.#topology, transit, out);
    const { packet } = transit;
    if (incoming !== ORIGINATED && tunnel !== Tunnel.hidden) {
      if (ttlOf(packet, 0) <= 1) return this.#reportError(transit, ICMP.timeExceeded, tunnel);
      decrementTtl(packet, 0);
    }
    if (out === NOWHERE) return this.#reportError(transit, ICMP.unreachable, tunnel);
    if (transit.hasOptions && incoming !== ORIGINATED && tunnel === Tunnel.none) this.#stamper.stampAt(transit, out);
    this.counts.forwarded++;
    return out === TO_HOST ? this.#receiveAtHost(transit) : this.#passLink(transit, out);
  }

  /** Whether the slow path of the router, if the packet takes one, lets it through now. */
  #passSlowPath(transit: Transit): boolean {
    const { router, hasOptions: takesIt } = transit;
    if (!takesIt || this.#topology.routers.optionsSlowPath[router] === 0) return true;
    if (!transit.isItsTurn) {
      this.#clock.scheduleInternal(transit.atMs, () => {
        transit.isItsTurn = true;
        this.#continue(transit);
      });
      return false;
    }
    transit.isItsTurn = false;
    const delay = this.#slowPath.delay(router, transit.atMs);
    if (delay === undefined) return false;
    transit.atMs += delay;
    return true;
  }

  #passLink(transit: Transit, out: number): boolean {
    const { interfaces } = this.#topology;
    const delay = this.#links.pass(out, transit.atMs);
    if (delay === LOST) return false;
    transit.atMs += delay + interfaces.delayMicros[out] / 1000 + PROCESSING_MS;
    transit.incoming = interfaces.peer[out];
    transit.router = interfaces.router[transit.incoming];
    return true;
  }

  #receiveAtRouter({ packet, to, router, atMs, hasOptions: withOptions }: Transit): false {
    const { answersPing, answersOptions, selfStamp, initialTtl } = this.#topology.routers;
    const isRequest = icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoRequest;
    if (!isRequest || answersPing[router] === 0 || (withOptions && answersOptions[router] === 0)) return false;
    const isOwn = (asked: Ipv4Address): boolean => routerOf(this.#topology, asked) === router;
    const address = routerSelfStamp(this.#topology, router, to.address);
    const { echoReply: ttl } = routerTtls(initialTtl[router]);
    answerEcho(packet, { address, isOwn, selfStamp: selfStamp[router], ttl, atMs });
    this.#carry(packet, router, ORIGINATED, atMs + PROCESSING_MS);
    return false;
  }

  #receiveAtHost(transit: Transit): false {
    const { packet, to, router, atMs } = transit;
    const handlers = this.#attached.get(to.address);
    const isRequest = icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoRequest;
    if (handlers !== undefined && !isRequest) this.#deliver(packet, handlers, atMs + HOST_LINK_MS);
    const answer = this.#hosts.answer(transit, handlers !== undefined);
    if (answer !== undefined) this.#carry(answer.packet, router, FROM_HOST, answer.atMs);
    return false;
  }

  /** The first router refuses a packet of a host behind it. */
  #prohibit(packet: Uint8Array, router: number, atMs: number): void {
    if (quotesPacket(icmpTypeOf(packet, headerLengthOf(packet, 0)))) return;
    const { initialTtl, loopback } = this.#topology.routers;
    const error = buildIcmpError(packet, 0, {
      ...{ type: ICMP.unreachable, code: PROHIBITED },
      ...{ source: loopback[router], destination: sourceOf(packet, 0), ttl: routerTtls(initialTtl[router]).error },
    });
    this.#carry(error, router, ORIGINATED, atMs + PROCESSING_MS);
  }

  #deliver(packet: Uint8Array, handlers: ReadonlySet<PacketHandler>, atMs: number): void {
    this.counts.delivered++;
    const { loopback, count } = this.#topology.routers;
    if (this.#fault === 'falseStamps')
      falsifyStamps(packet, (stamp) => loopback[hash32(stamp, this.counts.delivered) % count]);
    this.#clock.schedule(atMs - this.#clock.now(), () => {
      for (const handler of handlers) handler(packet);
    });
  }

  #reportError(transit: Transit, type: number, tunnel: number): false {
    const { packet, router, atMs } = transit;
    const { routers } = this.#topology;
    const isError = quotesPacket(icmpTypeOf(packet, headerLengthOf(packet, 0)));
    if (isError || routers.silent[router] === 1) return false;
    if (routers.rateLimited[router] === 0) this.#sendError(transit, type, tunnel);
    else if (this.#parameters.limitsByArrival === 0) this.#sendLimitedError(transit, type, tunnel);
    else this.#clock.scheduleInternal(atMs, () => this.#sendLimitedError(transit, type, tunnel));
    return false;
  }

  #sendLimitedError(transit: Transit, type: number, tunnel: number): void {
    if (this.#limits.take(transit.router, transit.atMs)) this.#sendError(transit, type, tunnel);
  }

  #sendError(transit: Transit, type: number, tunnel: number): void {
    const { packet, router, atMs } = transit;
    const isFromEgress = this.#topology.routers.errorFromEgress[router] === 1;
    const back = isFromEgress ? this.#find(sourceOf(packet, 0)) : undefined;
    const error = buildIcmpError(packet, 0, {
      type,
      code: 0,
      source: errorSourceOf(this.#topology, transit, {
        privatePool: this.#parameters.sharedPrivatePool,
        towardsSource: back === undefined ? NOWHERE : this.#timeline.at(atMs).nextInterface(router, back),
      }),
      destination: sourceOf(packet, 0),
      ttl: routerTtls(this.#topology.routers.initialTtl[router]).error,
      labels: labelsOf(transit, tunnel),
    });
    this.#carry(error, router, ORIGINATED, atMs + PROCESSING_MS);
  }
}

/** The address that a router stamps which is asked at `asked`. */
function routerSelfStamp({ routers, interfaces }: Topology, router: number, asked: Ipv4Address): Ipv4Address {
  if (routers.selfStamp[router] !== SelfStamp.alias) return asked;
  return asked === routers.loopback[router]
    ? interfaces.address[routers.firstInterface[router]]
    : routers.loopback[router];
}
