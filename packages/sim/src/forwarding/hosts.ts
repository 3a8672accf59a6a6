import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { drawSelfStamp } from '../topology/behaviours.ts';
import { isGateway, routerOf, SelfStamp, type Topology } from '../topology/topology.ts';
import { answerDelayMs } from './answer-delay.ts';
import { LINUX_TTL } from './initial-ttl.ts';

/** How the host behind an address behaves: a function of seed and address; no host is stored. */
export class HostBehaviours {
  readonly #parameters: SimParameters;
  readonly #topology: Topology;

  constructor(parameters: SimParameters, collaborators: { readonly topology: Topology }) {
    this.#parameters = parameters;
    this.#topology = collaborators.topology;
  }

  /** Whether the host behind an address of a host prefix answers pings. */
  answersPing(host: Ipv4Address): boolean {
    const { hosts, hostPrefixOf } = this.#topology;
    return (
      hosts.answersPing[hostPrefixOf.lookup(host)] === 1 && this.#uniform(host, 1) < this.#parameters.hostAnswersPing
    );
  }

  /** Whether it answers pings with options, provided that it answers pings. */
  answersOptions(host: Ipv4Address): boolean {
    const { hosts, hostPrefixOf } = this.#topology;
    return (
      hosts.answersOptions[hostPrefixOf.lookup(host)] === 1 &&
      this.#uniform(host, 2) < this.#parameters.hostAnswersOptions
    );
  }

  selfStamp(host: Ipv4Address): number {
    return drawSelfStamp(this.#parameters, this.#uniform(host, 3));
  }

  /** The address that the host stamps: its own, or another one in the same /24 that is not a gateway. */
  stampAddress(host: Ipv4Address): Ipv4Address {
    if (this.selfStamp(host) !== SelfStamp.alias) return host;
    const base = host - (host & 0xff);
    const alias = base + 2 + ((host - base + Math.floor(this.#uniform(host, 4) * 200)) % 253);
    return routerOf(this.#topology, alias) < 0 ? alias : host;
  }

  /** The TTL with which its packets start: 64, 128 or 255. */
  initialTtl(host: Ipv4Address): number {
    const { hostsOfTtl128, hostsOfTtl255 } = this.#parameters;
    const uniform = this.#uniform(host, 6);
    if (uniform < hostsOfTtl128) return 128;
    return uniform < hostsOfTtl128 + hostsOfTtl255 ? 255 : LINUX_TTL;
  }

  /** Milliseconds by which the host delays its answer to the share `ping` of pings, from 0 to 1. */
  answerDelayMs(host: Ipv4Address, ping: number): number {
    const { hostDelay } = this.#parameters;
    return hostDelay === 0 ? 0 : hostDelay * answerDelayMs(this.#uniform(host, 5), ping);
  }

  #uniform(host: Ipv4Address, purpose: number): number {
    return hash32(host ^ this.#parameters.seed, purpose) / 2 ** 32;
  }
}

/** The first address of host prefix `index` whose host answers pings, or `undefined`. */
export function firstResponsiveHost(
  topology: Topology,
  behaviours: HostBehaviours,
  index: number,
): Ipv4Address | undefined {
  if (topology.hosts.answersPing[index] === 0) return undefined;
  const { address, length } = topology.hosts.prefixes[index];
  const end = address + 2 ** (32 - length) - 1;
  for (let host = address + 1; host < end; host++) {
    if (!isGateway(topology, index, host) && behaviours.answersPing(host)) return host;
  }
  return undefined;
}
