import { ICMP, type Ipv4Address } from '@revtr/net';
import { TRACEROUTE_DEFAULTS, type TracerouteResult } from '@revtr/probing';
import type { Measurement } from './technique.ts';

export interface ForwardTracerouteOptions {
  /** Longest wait for a reply, milliseconds; shorter once the target's round-trip time is known. */
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly gapLimit: number;
}

/** Hops probed before the expected distance of the target. */
const LEAD = 2;
/** Towards a target that answers no ping the traceroute cannot arrive: it soon gives up. */
const IMPATIENT = { attempts: 1, gapLimit: 3 };
/** How far a traceroute that began behind the target is moved to the front. */
const STEP_BACK = 4;

/**
 * Measures only the end of the forward path from the source: a ping tells how far the target is, and the traceroute
 * begins shortly before it. A target that answers no ping is traced from the start.
 */
export async function traceTail(
  measurement: Measurement,
  target: Ipv4Address,
  options: ForwardTracerouteOptions,
): Promise<TracerouteResult> {
  const { path, prober, signal, stats, recordRouteTimeout } = measurement;
  const sender = path.source;
  const patience = Math.min(options.timeoutMs, recordRouteTimeout.current);
  stats.plainPings++;
  const { reply } = await prober.ping({ type: 'ping', sender, target, timeoutMs: patience }, signal);
  if (reply === undefined || reply.icmpType !== ICMP.echoReply)
    return trace(measurement, target, 1, { ...IMPATIENT, timeoutMs: patience });
  const patient = { ...options, timeoutMs: Math.min(options.timeoutMs, 200 + 1.5 * reply.rttMs) };
  let from = Math.min(TRACEROUTE_DEFAULTS.maxHops, Math.max(1, distanceOf(reply.ttl) - LEAD));
  let traceroute = await trace(measurement, target, from, patient);
  while (from > 1 && !showsHopBefore(traceroute)) {
    from = Math.max(1, from - STEP_BACK);
    traceroute = await trace(measurement, target, from, patient);
  }
  return traceroute;
}

/** Measures the whole forward path from the source. */
export function traceWhole(
  measurement: Measurement,
  target: Ipv4Address,
  options: ForwardTracerouteOptions,
): Promise<TracerouteResult> {
  return trace(measurement, target, 1, options);
}

async function trace(
  { path, prober, stats, signal }: Measurement,
  target: Ipv4Address,
  firstHop: number,
  { timeoutMs, attempts, gapLimit }: ForwardTracerouteOptions,
): Promise<TracerouteResult> {
  const request = { type: 'traceroute', sender: path.source, target, firstHop, attempts, gapLimit, timeoutMs } as const;
  const traceroute = await prober.traceroute(request, signal);
  stats.traceroutes++;
  stats.tracerouteProbes += traceroute.probesSent;
  return traceroute;
}

/** Hops that a packet has travelled, from what is left of its TTL: senders start at 64, 128 or 255. */
function distanceOf(ttl: number): number {
  const initial = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return initial - ttl + 1;
}

const showsHopBefore = ({ hops, stop }: TracerouteResult): boolean =>
  stop !== 'completed' || hops.slice(0, -1).some(({ from }) => from !== undefined);
