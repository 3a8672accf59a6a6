import { ICMP } from '@revtr/net';
import {
  type Clock,
  TRACEROUTE_DEFAULTS,
  type TracerouteHop,
  type TracerouteRequest,
  type TracerouteResult,
  type TracerouteStop,
} from '@revtr/probing';
import type { ProbeAnswer, ProbeSender } from './probe.ts';

const IDENTIFIER_BASE = 0x8000;

/** Runs a Paris traceroute one TTL after the other, as scamper's `trace -P icmp-paris` does. */
export async function runTraceroute(
  request: TracerouteRequest,
  {
    sender: prober,
    clock,
    signal,
  }: { readonly sender: ProbeSender; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<TracerouteResult> {
  const { sender, target, firstHop, maxHops, attempts, gapLimit, flow, timeoutMs } = {
    ...TRACEROUTE_DEFAULTS,
    ...request,
  };
  const startedAt = clock.now();
  const hops: TracerouteHop[] = [];
  let probesSent = 0;
  let silent = 0;
  let stop: TracerouteStop | undefined;
  for (let ttl = firstHop; ttl <= maxHops && stop === undefined; ttl++) {
    let answer: ProbeAnswer | undefined;
    for (let attempt = 0; attempt < attempts && answer === undefined; attempt++) {
      probesSent++;
      const identifier = IDENTIFIER_BASE | (flow & 0x7fff);
      answer = await prober.send(
        { sender, receiver: sender, claimedSource: sender, target, identifier, ttl, timeoutMs },
        signal,
      );
    }
    hops.push(toHop(ttl, answer));
    silent = answer === undefined ? silent + 1 : 0;
    stop = silent >= gapLimit ? 'gapLimit' : stopAfter(hops, answer);
  }
  return { type: 'traceroute', request, startedAt, endedAt: clock.now(), stop: stop ?? 'hopLimit', hops, probesSent };
}

function toHop(ttl: number, answer: ProbeAnswer | undefined): TracerouteHop {
  if (answer === undefined) return { ttl };
  const { packet, rttMs } = answer;
  return { ttl, from: packet.source, rttMs, ...(packet.labels && { labels: packet.labels }) };
}

function stopAfter(hops: readonly TracerouteHop[], answer: ProbeAnswer | undefined): TracerouteStop | undefined {
  if (answer === undefined) return undefined;
  if (answer.packet.type === ICMP.echoReply) return 'completed';
  if (answer.packet.type === ICMP.unreachable) return 'unreachable';
  const earlier = hops.slice(0, -2).filter((hop) => hop.from === answer.packet.source);
  return earlier.length > 0 ? 'loop' : undefined;
}
