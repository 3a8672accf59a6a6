import { buildIcmpError, headerLengthOf, ICMP, type Ipv4Address, icmpTypeOf, quotesPacket, sourceOf } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { Nat, type Topology } from '../topology/topology.ts';
import { answerEcho } from './echo-answer.ts';
import { HostBehaviours } from './hosts.ts';
import { LINUX_TTL } from './initial-ttl.ts';
import { enterNat, leaveNat, type NatAccess, natAccessOf } from './nat.ts';
import type { Transit } from './transit.ts';

/** Delay between a host and its router, milliseconds. */
export const HOST_LINK_MS = 0.3;

/** A packet that reaches the router of a host from the host. */
export interface HostAnswer {
  readonly packet: Uint8Array;
  readonly atMs: number;
}

/** What hosts answer to packets for them. */
export class HostAnswers {
  readonly #topology: Topology;
  readonly #hosts: HostBehaviours;
  readonly #varies: boolean;
  readonly #random: Random;

  constructor(topology: Topology, parameters: SimParameters, random: Random) {
    this.#topology = topology;
    this.#hosts = new HostBehaviours(parameters, { topology });
    this.#varies = parameters.hostDelay > 0;
    this.#random = random;
  }

  /**
   * Returns the answer to a packet that leaves the last router for the host, or `undefined`. It may be the packet, changed. A host that is
   * attached answers every echo request at once and is never behind a NAT.
   */
  answer(transit: Transit, isAttached: boolean): HostAnswer | undefined {
    const { packet, to, router, hasOptions } = transit;
    const host = to.address;
    const isRequest = icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoRequest;
    if (isAttached) return isRequest ? this.#answerEcho(transit, { address: host, ttl: LINUX_TTL }, 0) : undefined;
    if (!this.#hosts.answersPing(host)) return undefined;
    const answersEcho = isRequest && (!hasOptions || this.#hosts.answersOptions(host));
    const kind = this.#topology.networks.nat[this.#topology.routers.network[router]];
    if (kind !== Nat.none) return this.#answerBehindNat(transit, natAccessOf(host, kind), answersEcho);
    if (!answersEcho) return undefined;
    const as = { address: this.#hosts.stampAddress(host), ttl: this.#hosts.initialTtl(host) };
    return this.#answerEcho(transit, as, this.#delayOf(host));
  }

  #answerEcho(
    { packet, to, atMs }: Transit,
    { address, ttl }: { readonly address: Ipv4Address; readonly ttl: number },
    delayMs: number,
  ): HostAnswer {
    const isOwn = (asked: Ipv4Address): boolean => asked === to.address || asked === address;
    answerEcho(packet, { address, isOwn, selfStamp: this.#hosts.selfStamp(to.address), ttl, atMs });
    return { packet, atMs: atMs + HOST_LINK_MS + HOST_LINK_MS + delayMs };
  }

  #answerBehindNat({ packet, to, atMs }: Transit, access: NatAccess, answersEcho: boolean): HostAnswer | undefined {
    const arrival = atMs + HOST_LINK_MS;
    if (!enterNat(packet, access, arrival)) {
      if (quotesPacket(icmpTypeOf(packet, headerLengthOf(packet, 0)))) return undefined;
      // The NAT translates the source of an error from inside as it does that of an answer.
      const fields = { type: ICMP.timeExceeded, code: 0, source: to.address, ttl: LINUX_TTL };
      const error = buildIcmpError(packet, 0, { ...fields, destination: sourceOf(packet, 0) });
      return { packet: error, atMs: arrival + HOST_LINK_MS };
    }
    if (!answersEcho) return undefined;
    const { host: address } = access;
    const selfStamp = this.#hosts.selfStamp(to.address);
    const ttl = this.#hosts.initialTtl(to.address);
    answerEcho(packet, { address, isOwn: (asked) => asked === address, selfStamp, ttl, atMs: arrival });
    leaveNat(packet, access, arrival);
    return { packet, atMs: arrival + HOST_LINK_MS + this.#delayOf(to.address) };
  }

  #delayOf(host: Ipv4Address): number {
    return this.#varies ? this.#hosts.answerDelayMs(host, this.#random.next()) : 0;
  }
}
