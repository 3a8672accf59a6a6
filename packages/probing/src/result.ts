import { ICMP, type IcmpPacket, type Ipv4Address, type MplsLabel, type TimestampEntry } from '@revtr/net';
import type { PingRequest, TracerouteRequest } from './request.ts';

/** The reply to a ping: an echo reply or an ICMP error. */
export interface PingReply {
  readonly from: Ipv4Address;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Round-trip time, milliseconds. */
  readonly rttMs: number;
  /** TTL of the reply as received; 0 when it is not known. */
  readonly ttl: number;
  /**
   * Stamped addresses in order. For an echo reply: those of the forward path, of the target if it stamps, and of the reverse path.
   * For an error: those of the quoted packet.
   */
  readonly recordRoute?: readonly Ipv4Address[];
  readonly timestamps?: readonly TimestampEntry[];
}

/** Converts a parsed packet to a reply. An error takes the options of the packet that it quotes. */
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

/** The outcome of a ping. `reply` is absent when none arrived before the timeout. */
export interface PingResult {
  readonly type: 'ping';
  readonly request: PingRequest;
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly reply?: PingReply;
}

/**
 * The echo reply to a ping; `undefined` when there is none. An ICMP error is none: a router on the way there sent it, and its options are those
 * of the packet that it quotes, which never saw a reverse path.
 */
export function echoReplyOf({ reply }: PingResult): PingReply | undefined {
  return reply?.icmpType === ICMP.echoReply ? reply : undefined;
}

/** One hop of a traceroute. `from`, and `rttMs` in milliseconds, are absent when the hop is silent. */
export interface TracerouteHop {
  readonly ttl: number;
  readonly from?: Ipv4Address;
  readonly rttMs?: number;
  /** MPLS labels that the router reported (RFC 4950). */
  readonly labels?: readonly MplsLabel[];
}

/** Why a traceroute ended, with scamper's terms. */
export type TracerouteStop = 'completed' | 'unreachable' | 'gapLimit' | 'hopLimit' | 'loop';

/** A traceroute. `hops` are in the order of TTL and include silent ones; times are milliseconds since the Unix epoch. */
export interface TracerouteResult {
  readonly type: 'traceroute';
  readonly request: TracerouteRequest;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stop: TracerouteStop;
  readonly hops: readonly TracerouteHop[];
  readonly probesSent: number;
}
