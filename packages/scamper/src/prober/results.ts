import { type Ipv4Address, type TimestampEntry, tryParseIpv4 } from '@revtr/net';
import {
  type PingReply,
  type PingRequest,
  TRACEROUTE_DEFAULTS,
  type TracerouteHop,
  type TracerouteRequest,
  type TracerouteResult,
  type TracerouteStop,
} from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import type { WartsPing, WartsPingReply } from '../warts/ping.ts';
import { mplsLabelsOf, type WartsHop, type WartsTrace } from '../warts/trace.ts';

/**
 * The first reply in a ping record; `undefined` when there is none.
 * @throws {ScamperError} `badWarts` when an address in the record is not an IPv4 address
 */
export function recordedReply(request: PingRequest, { replies: [reply] }: WartsPing): PingReply | undefined {
  if (reply?.from === undefined) return undefined;
  const { icmp = 0, rttMicros = 0, ttl = 0, recordRoute, timestamps } = reply;
  const slots = request.option?.type === 'recordRoute' ? request.option.slots : 0;
  return {
    from: toIpv4(reply.from),
    icmpType: icmp >>> 8,
    icmpCode: icmp & 255,
    rttMs: rttMicros / 1000,
    ttl,
    ...(recordRoute && { recordRoute: recordRoute.slice(0, slots).map(toIpv4) }),
    ...(timestamps && { timestamps: toTimestamps(request, timestamps) }),
  };
}

/** scamper reports only the stamped entries. The requested addresses without a stamp follow them, as in the packet. */
function toTimestamps(
  request: PingRequest,
  { stamps, addresses = [] }: NonNullable<WartsPingReply['timestamps']>,
): TimestampEntry[] {
  const asked =
    request.option?.type === 'timestamp' && typeof request.option.slots !== 'number' ? request.option.slots : [];
  const stamped = stamps.map((milliseconds, i): TimestampEntry => {
    const address: Ipv4Address | undefined = addresses[i] === undefined ? undefined : toIpv4(addresses[i]);
    return { milliseconds, ...(address !== undefined && { address }) };
  });
  return [...stamped, ...asked.slice(stamped.length).map((address) => ({ address }))];
}

/** Stop reasons of scamper (`scamper_trace.h`). */
const STOPS: Readonly<Record<number, TracerouteStop>> = {
  1: 'completed',
  2: 'unreachable',
  3: 'unreachable',
  4: 'loop',
  5: 'gapLimit',
  7: 'hopLimit',
};

/**
 * The result of a traceroute, with an entry for each hop up to `maxHops` that did not answer, and the first reply of each that did. `times` are
 * milliseconds since the Unix epoch.
 * @throws {ScamperError} `badWarts` when an address in the record is not an IPv4 address
 */
export function toTracerouteResult(
  request: TracerouteRequest,
  trace: WartsTrace,
  times: { startedAt: number; endedAt: number },
): TracerouteResult {
  const { firstHop, maxHops } = { ...TRACEROUTE_DEFAULTS, ...request };
  const stop = STOPS[trace.stopReason ?? 0] ?? 'gapLimit';
  // The record may come from another host, and declare more hops than a traceroute can have.
  const last = Math.min(maxHops, Math.max(firstHop - 1, trace.hopCount ?? 0));
  const replies = firstReplies(trace.hops);
  const hops = Array.from({ length: last - firstHop + 1 }, (_, i) => toHop(firstHop + i, replies));
  const hasEnded = stop === 'gapLimit' && last >= maxHops;
  return {
    type: 'traceroute',
    request,
    ...times,
    stop: hasEnded ? 'hopLimit' : stop,
    hops,
    probesSent: trace.probesSent ?? hops.length,
  };
}

/** The first reply to the probes of each TTL. */
function firstReplies(hops: readonly WartsHop[]): ReadonlyMap<number, WartsHop> {
  const replies = new Map<number, WartsHop>();
  for (const hop of hops) if (hop.probeTtl !== undefined && !replies.has(hop.probeTtl)) replies.set(hop.probeTtl, hop);
  return replies;
}

function toHop(ttl: number, replies: ReadonlyMap<number, WartsHop>): TracerouteHop {
  const reply = replies.get(ttl);
  if (reply?.from === undefined) return { ttl };
  const labels = mplsLabelsOf(reply);
  return {
    ttl,
    from: toIpv4(reply.from),
    rttMs: (reply.rttMicros ?? 0) / 1000,
    ...(labels.length > 0 && { labels }),
  };
}

function toIpv4(text: string): Ipv4Address {
  const address = tryParseIpv4(text);
  if (address === undefined)
    throw new ScamperError('badWarts', `scamper reported '${text}', which is not an IPv4 address`, { offset: 0 });
  return address;
}
