import { type Aliases, recordRoutePing } from '@revtr/engine';
import { ICMP, type Ipv4Address } from '@revtr/net';
import type { Prober, TracerouteResult } from '@revtr/probing';
import type { OwnProbes } from './true-path.ts';

const TIMEOUT_MS = 1_000;
/** Further flows whose paths count as right, where routers on the path balance load. */
const OTHER_FLOWS = [1, 2, 3, 4];
const RECORD_ROUTES = 2;

/** A host that is audited, and the source to which it sends its own probes. */
export interface AuditedPair {
  readonly host: Ipv4Address;
  readonly source: Ipv4Address;
}

/** A traceroute from the host to the source. @throws {ProbingError} */
export function traceOwn({ host, source }: AuditedPair, flow: number, prober: Prober, signal?: AbortSignal) {
  return prober.traceroute({ type: 'traceroute', sender: host, target: source, timeoutMs: TIMEOUT_MS, flow }, signal);
}

/** What makes `first`, a traceroute of the pair, the whole picture: traceroutes of other flows, and Record Route pings. @throws {ProbingError} */
export async function ownProbes(
  pair: AuditedPair,
  first: TracerouteResult,
  prober: Prober,
  signal?: AbortSignal,
): Promise<OwnProbes> {
  const { host, source } = pair;
  const traces = OTHER_FLOWS.map((flow) => traceOwn(pair, flow, prober, signal));
  const pings = lastRouters(first, source).map(({ ttl }) =>
    prober.ping({ ...recordRoutePing(host, host, source, TIMEOUT_MS), ttl }, signal),
  );
  const [others, answers] = await Promise.all([Promise.all(traces), Promise.all(pings)]);
  // The error of the router at which a packet expired quotes it, with the stamps of the way there and none of the way back.
  const recordRoutes = answers.flatMap(({ reply }) =>
    reply?.icmpType === ICMP.timeExceeded && reply.recordRoute !== undefined ? [reply.recordRoute] : [],
  );
  return { traceroutes: [first, ...others.filter(({ stop }) => stop === 'completed')], recordRoutes };
}

/** The routers of a traceroute that answer and are nearest to the source, the nearest first. */
function lastRouters({ hops }: TracerouteResult, source: Ipv4Address): TracerouteResult['hops'] {
  return hops
    .filter(({ from }) => from !== undefined && from !== source)
    .slice(-RECORD_ROUTES)
    .reverse();
}

/** Whether two traceroutes of one flow took the same path, as far as their hops answered. */
export function isSamePath(before: TracerouteResult, after: TracerouteResult, aliases: Aliases): boolean {
  if (before.stop !== after.stop || before.hops.length !== after.hops.length) return false;
  return before.hops.every(({ from }, i) => {
    const other = after.hops[i]?.from;
    return from === undefined || other === undefined || aliases.sameRouter(from, other);
  });
}
