import type { EchoOption, IcmpPacket, Ipv4Address } from '@revtr/net';

/** One packet to send and wait for. */
export interface Probe {
  readonly sender: Ipv4Address;
  readonly receiver: Ipv4Address;
  readonly claimedSource: Ipv4Address;
  readonly target: Ipv4Address;
  readonly identifier: number;
  readonly ttl: number;
  readonly option?: EchoOption;
  readonly timeoutMs: number;
}

/** The answer to a probe. */
export interface ProbeAnswer {
  readonly packet: IcmpPacket;
  readonly rttMs: number;
}

/** Sends single probes. */
export interface ProbeSender {
  /** Resolves with the answer, or with `undefined` after the probe's timeout. */
  send(probe: Probe, signal?: AbortSignal): Promise<ProbeAnswer | undefined>;
}
