import { countRight, judgedHops } from '../../judging/accuracy.ts';
import { BASES, type Basis } from '../../judging/basis.ts';
import type { Failure } from '../../judging/failure.ts';
import type { Found } from '../../judging/judged-pair.ts';
import { mean, median, quantiles } from '../../statistics/quantiles.ts';
import type { EvaluatedResult } from '../units/unit-result.ts';

/** Whether a figure is a share from 0 to 1, or a number. */
export type FigureUnit = 'share' | 'number' | 'milliseconds';

/** The figures of the table in order, each with its label. */
export const FIGURES = {
  reached: ['reach the source', 'share'],
  reachedWithoutInterdomain: ['reach it without an interdomain assumption', 'share'],
  reachedNearby: ['reach it without one, and without a stand-in from another /24', 'share'],
  asPathsExactOfAll: ['AS paths exact as printed, of all pairs', 'share'],
  asPathsExactByOriginsOfAll: ['AS paths exact by the origins of the addresses, of all pairs', 'share'],
  asPathsExactBySearchOfAll: ['AS paths exact by the networks of hops, of all pairs', 'share'],
  asPathsExact: ['AS paths exact as printed, of those that reach', 'share'],
  asPathsExactByOrigins: ['the same by the origins of the addresses', 'share'],
  asPathsExactByOwners: ['the same by the true owners of the routers', 'share'],
  interdomainRight: ['adjacent interdomain assumptions right behind a right hop', 'share'],
  asPathsExactIfAsymmetric: ['AS paths exact as printed, of all pairs, if 57 % of them were right (estimate)', 'share'],
  hopsRight: ['hops right by any flow', 'share'],
  hopsRightByOneFlow: ['hops right by one flow', 'share'],
  measuredHops: ['hops called measured, of all hops', 'share'],
  measuredHopsRight: ['hops called measured right', 'share'],
  visibleRoutersFound: ['routers found on complete paths, of those a traceroute from the destination shows', 'share'],
  visibleRoutersFoundMedian: ['the same, median of the pairs', 'share'],
  routersFound: ['routers found on complete paths, of all', 'share'],
  measured: ['rest on: measured hops only', 'share'],
  inferred: ['rest on: measured hops, places of some inferred', 'share'],
  standInInSubnet: ['rest on: a stand-in in the same /24', 'share'],
  standInInNetwork: ['rest on: a stand-in in the same network', 'share'],
  intradomainAssumption: ['rest on: an intradomain assumption', 'share'],
  interdomainAssumption: ['rest on: an interdomain assumption', 'share'],
  incomplete: ['incomplete', 'share'],
  failedAtBorder: ['incomplete: no assumption across a border', 'share'],
  failedTraceroute: ['incomplete: gap limit or other end of the forward traceroute', 'share'],
  failedWithoutHop: ['incomplete: no further hop', 'share'],
  failedOtherwise: ['incomplete: other reasons', 'share'],
  optionProbesMedian: ['option probes, median', 'number'],
  optionProbesMean: ['option probes, mean', 'number'],
  optionProbesP95: ['option probes, p95', 'number'],
  allProbesMedian: ['all probes, median', 'number'],
  allProbesMean: ['all probes, mean', 'number'],
  allProbesP95: ['all probes, p95', 'number'],
  spoofedRounds: ['spoofed rounds, mean', 'number'],
  latencyMedian: ['virtual latency, median', 'milliseconds'],
  latencyP95: ['virtual latency, p95', 'milliseconds'],
  latencyP99: ['virtual latency, p99', 'milliseconds'],
  otherLatencyMedian: ['virtual latency without spoofed rounds, median', 'milliseconds'],
  otherLatencyP95: ['virtual latency without spoofed rounds, p95', 'milliseconds'],
} as const satisfies Record<string, readonly [label: string, unit: FigureUnit]>;
export type Figure = keyof typeof FIGURES;

/** Least and largest possible value of a figure. */
export const boundsOf = (figure: Figure): readonly [number, number] =>
  FIGURES[figure][1] === 'share' ? [0, 1] : [0, Number.POSITIVE_INFINITY];

/** Pairs with destinations in one network depend on each other, and so do pairs of one source. */
export const CLUSTERS = {
  clusterOf: ({ network }: Pick<EvaluatedResult, 'network'>): number => network,
  secondClusterOf: ({ source }: Pick<EvaluatedResult, 'source'>): number => source,
};

/** A pair with counts instead of hops. The bootstrap copies pairs thousands of times, so they must be small. */
export interface CountedPair extends Omit<EvaluatedResult, 'hops'> {
  readonly hops: number;
  readonly measured: number;
  readonly judged: number;
  readonly right: number;
  readonly rightByOneFlow: number;
  readonly judgedMeasured: number;
  readonly rightMeasured: number;
  /** Assumptions across borders: all; adjacent ones behind a right hop; and those of them that are right. */
  readonly interdomain: number;
  readonly interdomainBehindRight: number;
  readonly interdomainRight: number;
}

/** How often an assumption across a border is right on the real Internet (IMC 2022, section 4.4). */
const PUBLISHED_INTERDOMAIN = 0.57;

/** Counts the hops of a pair. */
export function countHops({ hops, ...pair }: EvaluatedResult): CountedPair {
  const judged = judgedHops(hops);
  const measured = judged.filter(({ trust }) => trust === 'measured');
  const adjacent = hops.filter(
    ({ kind, verdict }, i) =>
      kind === 'assumedSymmetry.interdomain' && verdict !== 'unjudged' && (i === 0 || hops[i - 1].verdict === 'right'),
  );
  return {
    ...pair,
    hops: hops.length,
    measured: hops.filter(({ trust }) => trust === 'measured').length,
    judged: judged.length,
    right: countRight(judged),
    rightByOneFlow: judged.filter(({ isRightByOneFlow }) => isRightByOneFlow).length,
    judgedMeasured: measured.length,
    rightMeasured: countRight(measured),
    interdomain: hops.filter(({ technique }) => technique === 'assumedInterdomain').length,
    interdomainBehindRight: adjacent.length,
    interdomainRight: countRight(adjacent),
  };
}

/** Computes the figures of some pairs. */
export function figuresOf(pairs: readonly CountedPair[]): Record<Figure, number> {
  const reached = pairs.filter((pair) => pair.reached);
  const isSure = (pair: CountedPair): boolean => pair.reached && !pair.usesInterdomainAssumption;
  const [optionsAt, allAt, latencyAt, otherLatencyAt] = [
    quantiles(pairs.map((pair) => pair.optionProbes)),
    quantiles(pairs.map((pair) => pair.allProbes)),
    quantiles(pairs.map((pair) => pair.latencyMs)),
    quantiles(pairs.map(({ latencyMs, spoofedRoundsMs }) => latencyMs - spoofedRoundsMs)),
  ];
  const failed = (failure: Failure): number => shareOf(pairs, (pair) => pair.failure === failure);
  const interdomainRight = ratio(
    sum(pairs, (pair) => pair.interdomainRight),
    sum(pairs, (pair) => pair.interdomainBehindRight),
  );
  /** What remains of the probability of an assumption; all of it where there is none. */
  const kept = interdomainRight > 0 ? Math.min(1, PUBLISHED_INTERDOMAIN / interdomainRight) : 1;
  const shares = reached.flatMap(({ visibleRouters: { found, of } }) => (of === 0 ? [] : [found / of]));
  return {
    reached: ratio(reached.length, pairs.length),
    reachedWithoutInterdomain: shareOf(pairs, isSure),
    reachedNearby: shareOf(pairs, (pair) => isSure(pair) && !pair.usesFarStandIn),
    asPathsExactOfAll: shareOf(pairs, (pair) => pair.asPathExact),
    asPathsExactByOriginsOfAll: shareOf(pairs, (pair) => pair.asPathExactByOrigins),
    asPathsExactBySearchOfAll: shareOf(pairs, (pair) => pair.asPathExactBySearch),
    asPathsExact: shareOf(reached, (pair) => pair.asPathExact),
    asPathsExactByOrigins: shareOf(reached, (pair) => pair.asPathExactByOrigins),
    asPathsExactByOwners: shareOf(reached, (pair) => pair.asPathExactByOwners),
    interdomainRight,
    asPathsExactIfAsymmetric: ratio(
      sum(pairs, (pair) => (pair.asPathExact ? kept ** pair.interdomain : 0)),
      pairs.length,
    ),
    hopsRight: ratio(
      sum(pairs, (pair) => pair.right),
      sum(pairs, (pair) => pair.judged),
    ),
    hopsRightByOneFlow: ratio(
      sum(pairs, (pair) => pair.rightByOneFlow),
      sum(pairs, (pair) => pair.judged),
    ),
    measuredHops: ratio(
      sum(pairs, (pair) => pair.measured),
      sum(pairs, (pair) => pair.hops),
    ),
    measuredHopsRight: ratio(
      sum(pairs, (pair) => pair.rightMeasured),
      sum(pairs, (pair) => pair.judgedMeasured),
    ),
    visibleRoutersFound: foundShare(reached, (pair) => pair.visibleRouters),
    visibleRoutersFoundMedian: shares.length === 0 ? Number.NaN : median(shares),
    routersFound: foundShare(reached, (pair) => pair.routers),
    ...basisShares(pairs),
    failedAtBorder: failed('border'),
    failedTraceroute: failed('traceroute'),
    failedWithoutHop: failed('noHop'),
    failedOtherwise: failed('other'),
    optionProbesMedian: optionsAt(0.5),
    optionProbesMean: mean(pairs.map((pair) => pair.optionProbes)),
    optionProbesP95: optionsAt(0.95),
    allProbesMedian: allAt(0.5),
    allProbesMean: mean(pairs.map((pair) => pair.allProbes)),
    allProbesP95: allAt(0.95),
    spoofedRounds: mean(pairs.map((pair) => pair.spoofedRounds)),
    latencyMedian: latencyAt(0.5),
    latencyP95: latencyAt(0.95),
    latencyP99: latencyAt(0.99),
    otherLatencyMedian: otherLatencyAt(0.5),
    otherLatencyP95: otherLatencyAt(0.95),
  };
}

/** Share of pairs by what they rest on. The shares add up to 1. */
function basisShares(pairs: readonly CountedPair[]): Record<Basis, number> {
  const of = (basis: Basis): number => shareOf(pairs, (pair) => pair.basis === basis);
  return Object.fromEntries(BASES.map((basis) => [basis, of(basis)])) as Record<Basis, number>;
}

/** `part / whole`; not a number if there is nothing to count. */
const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);

const sum = (pairs: readonly CountedPair[], of: (pair: CountedPair) => number): number =>
  pairs.reduce((total, pair) => total + of(pair), 0);

const shareOf = (pairs: readonly CountedPair[], test: (pair: CountedPair) => boolean): number =>
  ratio(
    sum(pairs, (pair) => Number(test(pair))),
    pairs.length,
  );

const foundShare = (pairs: readonly CountedPair[], of: (pair: CountedPair) => Found): number =>
  ratio(
    sum(pairs, (pair) => of(pair).found),
    sum(pairs, (pair) => of(pair).of),
  );
