import type { Ipv4Address } from '@revtr/net';
import { parseIpv4 } from '@revtr/net';
import type { Clock, PingReply, PingRequest, PingResult, Prober, TracerouteResult } from '@revtr/probing';
import {
  AdaptiveTimeout,
  AliasSets,
  Atlas,
  DEFAULT_OPTIONS,
  DistanceRanking,
  emptyStats,
  type Measurement,
  NextHops,
  NO_RELATIONS,
  Outages,
  PlainPings,
  PrefixOrigins,
  PUBLISHED_ASSUMPTIONS,
  ReversePath,
  SharedPings,
  SilentTargets,
  TargetAnswers,
} from '../../src/index.ts';

export const ip = (last: number): Ipv4Address => parseIpv4(`5.0.0.${last}`);
export const SOURCE = ip(1);
export const DESTINATION = ip(10);

/** Time that stands still: rounds end with their answers. */
export const stillClock: Clock = { now: () => 1_000, sleep: () => new Promise(() => undefined) };

/** What a host answers to a ping: nothing, or stamps of the Record Route option. */
export type Answer = readonly Ipv4Address[] | undefined;

/** A prober whose replies are given, and which keeps what it was asked. */
export class ScriptedProber implements Prober {
  readonly pings: PingRequest[] = [];
  readonly #answer: (request: PingRequest) => Answer;
  readonly #traceroute: (target: Ipv4Address) => readonly (Ipv4Address | undefined)[];

  constructor(
    answer: (request: PingRequest) => Answer,
    traceroute: (target: Ipv4Address) => readonly (Ipv4Address | undefined)[] = () => [],
  ) {
    this.#answer = answer;
    this.#traceroute = traceroute;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    this.pings.push(request);
    const recordRoute = this.#answer(request);
    if (recordRoute === undefined) return { type: 'ping', request, sentAt: 1_000 };
    const reply: PingReply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 20, ttl: 60, recordRoute };
    return { type: 'ping', request, sentAt: 1_000, reply };
  }

  async traceroute(request: TracerouteResult['request']): Promise<TracerouteResult> {
    const hops = this.#traceroute(request.target).map((from, i) => ({
      ttl: i + 1,
      ...(from !== undefined && { from }),
    }));
    const stop = hops.at(-1)?.from === request.target ? 'completed' : 'gapLimit';
    return { type: 'traceroute', request, startedAt: 0, endedAt: 0, stop, hops, probesSent: hops.length };
  }
}

/** A measurement whose path is at `destination`, and that knows nothing else than what `changes` say. */
export function measurementWith(
  prober: Prober,
  changes: Partial<Measurement> = {},
  destination: Ipv4Address = DESTINATION,
): Measurement {
  const ipToAs = changes.ipToAs ?? new PrefixOrigins([]);
  const aliases = changes.aliases ?? new AliasSets();
  const evidence = { type: 'destination' } as const;
  const first = { address: destination, technique: 'destination', trust: 'measured', confidence: 1, evidence } as const;
  const outages = new Outages({ mostWaitMs: 60_000 }, { hosts: changes.hosts, clock: changes.clock ?? stillClock });
  const [pings, stats] = [new SharedPings(prober), emptyStats()];
  return {
    prober: pings,
    clock: stillClock,
    outages,
    plainPings: new PlainPings(SOURCE, { timeoutFor: () => 1_000, prober: pings, outages, stats }),
    atlas: new Atlas({ aliases, ipToAs }),
    ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
    aliases,
    ipToAs,
    relations: NO_RELATIONS,
    mayProbe: () => true,
    assumptions: PUBLISHED_ASSUMPTIONS,
    nextHops: new NextHops({ capacity: 10 }, aliases),
    silentTargets: new SilentTargets({ firstMs: 1, mostMs: 1, targetsOfNetwork: 9, capacity: 100 }, () => undefined),
    adaptiveTimeout: new AdaptiveTimeout({ leastMs: 300, mostMs: 2_000, initialMs: 1_000, capacity: 100 }, { ipToAs }),
    targetAnswers: new TargetAnswers(),
    path: new ReversePath(SOURCE, first, aliases),
    options: DEFAULT_OPTIONS,
    stats,
    ...changes,
  };
}
