import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { drawSelfStamp } from '../topology/behaviours.ts';
import { isGateway, type Topology } from '../topology/topology.ts';

/** How the host behind an address behaves: a function of seed and address; no host is stored. */
export class HostBehaviours {
  readonly #parameters: SimParameters;

  constructor(parameters: SimParameters) {
    this.#parameters = parameters;
  }

  answersPing(host: Ipv4Address): boolean {
    return this.#uniform(host, 1) < this.#parameters.hostAnswersPing;
  }

  answersOptions(host: Ipv4Address): boolean {
    return this.#uniform(host, 2) < this.#parameters.hostAnswersOptions;
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
  const { address } = topology.hosts.prefixes[index];
  for (let host = address + 2; host < address + 255; host++) {
    if (!isGateway(topology, index, host) && behaviours.answersPing(host)) return host;
  }
  return undefined;
}
