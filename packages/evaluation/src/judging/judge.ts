import type { HopTechnique, ReverseTraceroute, Trust } from '@revtr/engine';
import { optionProbes } from '@revtr/engine';
import type { GroundTruth } from '@revtr/sim';
import { causeOf, kindOf } from './cause.ts';

/** One hop, judged. `unjudged`: an address that no router owns, such as a private one. */
export interface JudgedHop {
  readonly technique: HopTechnique;
  /** What it rests on, finer than its technique. */
  readonly kind: string;
  readonly confidence: number;
  readonly trust: Trust;
  readonly verdict: 'right' | 'wrong' | 'unjudged';
}

/** One reverse traceroute, held against the truth, with what it took. */
export interface JudgedPair {
  readonly reached: boolean;
  readonly usesInterdomainAssumption: boolean;
  /** Hops between destination and source. */
  readonly hops: readonly JudgedHop[];
  /** Routers of the true path, and those of them that were found. */
  readonly trueRouters: number;
  readonly foundRouters: number;
  /** Whether the networks of the routers found are those of the true path, in order and complete. */
  readonly asPathExact: boolean;
  /** Probability that every hop is right, as the engine says, and whether it is so. */
  readonly confidence: number;
  readonly allRight: boolean;
  readonly optionProbes: number;
  readonly allProbes: number;
  readonly spoofedRounds: number;
  /** Virtual time, milliseconds. */
  readonly latencyMs: number;
  /** Why the AS path is not exact; absent when it is. */
  readonly cause?: string;
}

/** Judges a result. A router is right when a packet from the destination to the source can pass it, whatever its flow. */
export function judge(result: ReverseTraceroute, truth: GroundTruth): JudgedPair {
  const { source, destination, startedAt, endedAt, stats, failReason } = result;

  const possible = truth.possibleRouters(destination, source, startedAt);
  const path = truth.path(destination, source, startedAt);
  const between = result.hops.filter(({ address }) => address !== source && address !== destination);
  const routers = between.map(({ address }) => truth.routerOf(address));
  const hops = between.map(({ technique, evidence, confidence, trust }, i): JudgedHop => {
    const verdict = routers[i] < 0 ? 'unjudged' : possible.has(routers[i]) ? 'right' : 'wrong';
    return { technique, kind: kindOf({ technique, evidence }), confidence, trust, verdict };
  });
  const found = new Set(routers);
  const reached = result.stopReason === 'reaches';
  const ends = [
    path.routers[0],
    ...routers.filter((router) => router >= 0),
    ...(reached ? path.routers.slice(-1) : []),
  ];
  const foundAsPath = truth.asPathOf(ends);
  const cause = causeOf({ reached, failure: failReason?.code, hops, foundAsPath, trueAsPath: path.asPath });
  return {
    reached,
    usesInterdomainAssumption: hops.some(({ technique }) => technique === 'assumedInterdomain'),
    hops,
    trueRouters: path.routers.length,
    foundRouters: path.routers.filter((router) => found.has(router)).length,
    asPathExact: cause === undefined,
    confidence: result.confidence,
    allRight: hops.every(({ verdict }) => verdict !== 'wrong'),
    optionProbes: optionProbes(stats),
    allProbes: optionProbes(stats) + stats.tracerouteProbes + stats.plainPings,
    spoofedRounds: stats.spoofedRecordRouteRounds,
    latencyMs: endedAt - startedAt,
    ...(cause !== undefined && { cause }),
  };
}
