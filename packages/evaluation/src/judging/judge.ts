import type { HopTechnique, ReverseTraceroute, Trust } from '@revtr/engine';
import { optionProbes } from '@revtr/engine';
import type { GroundTruth } from '@revtr/sim';
import { causeOf, kindOf } from './cause.ts';

/** A judged hop. It is `unjudged` if its address belongs to no router, for example a private address. */
export interface JudgedHop {
  readonly technique: HopTechnique;
  /** Kind of evidence, finer than the technique (see `kindOf`). */
  readonly kind: string;
  /** Probability from 0 to 1 that the hop is right, according to the engine. */
  readonly confidence: number;
  readonly trust: Trust;
  readonly verdict: 'right' | 'wrong' | 'unjudged';
}

/** A reverse traceroute compared with the ground truth, and its cost. */
export interface JudgedPair {
  readonly reached: boolean;
  readonly usesInterdomainAssumption: boolean;
  /** Hops between destination and source. */
  readonly hops: readonly JudgedHop[];
  /** Number of routers on the true path, and how many of them were found. */
  readonly trueRouters: number;
  readonly foundRouters: number;
  /** Whether the AS path of the found routers equals the true AS path. */
  readonly asPathExact: boolean;
  /** Probability that all hops are right according to the engine, and whether they are. */
  readonly confidence: number;
  readonly allRight: boolean;
  readonly optionProbes: number;
  readonly allProbes: number;
  readonly spoofedRounds: number;
  /** Duration in virtual time, in milliseconds. */
  readonly latencyMs: number;
  /** Cause of an inexact AS path; absent if the AS path is exact. */
  readonly cause?: string;
}

/** Compares a result with the ground truth. A hop is right if a packet of any flow from destination to source can pass its router. */
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
