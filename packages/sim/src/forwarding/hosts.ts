import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { drawSelfStamp } from '../topology/behaviours.ts';
import { isGateway, type Topology } from '../topology/topology.ts';

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
