import type { IcmpPacket, Ipv4Address, MplsLabel, TimestampEntry } from '@revtr/net';
import type { PingRequest, TracerouteRequest } from './request.ts';

/** What came back for a ping. */
export interface PingReply {
  readonly from: Ipv4Address;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly rttMs: number;
  /** TTL of the reply as received. */
  readonly ttl: number;
  /**
   * Addresses stamped, in order. Of an echo reply these are the forward ones, the target's own if it stamps, and the
   * reverse ones; of an error they are those of the quoted packet.
   */
  readonly recordRoute?: readonly Ipv4Address[];
  readonly timestamps?: readonly TimestampEntry[];
}

/** The reply that a packet is: an echo reply, or an error, which shows the stamps of the packet it quotes. */
export function toPingReply(packet: IcmpPacket, rttMs: number): PingReply {
  const { source, type, code, ttl } = packet;
  const { recordRoute, timestamps } = packet.quoted ?? packet;
  return {
    from: source,
    icmpType: type,
    icmpCode: code,
    rttMs,
    ttl,
    ...(recordRoute && { recordRoute }),
    ...(timestamps && { timestamps }),
  };
}

/** The end of a ping: answered, or silent until its timeout. */
export interface PingResult {
  readonly type: 'ping';
  readonly request: PingRequest;
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly reply?: PingReply;
}

/** One hop of a traceroute; silent when `from` is absent. */
export interface TracerouteHop {
  readonly ttl: number;
  readonly from?: Ipv4Address;
  readonly rttMs?: number;
  /** MPLS labels the router saw on the probe. */
  readonly labels?: readonly MplsLabel[];
}

/** Why a traceroute ended, in scamper's words. */
export type TracerouteStop = 'completed' | 'unreachable' | 'gapLimit' | 'hopLimit' | 'loop';

/** A whole traceroute: hops in order of TTL, silent ones included. */
export interface TracerouteResult {
  readonly type: 'traceroute';
  readonly request: TracerouteRequest;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stop: TracerouteStop;
  readonly hops: readonly TracerouteHop[];
  readonly probesSent: number;
}
