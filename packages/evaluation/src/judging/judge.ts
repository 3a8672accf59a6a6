import { asPathOfNumbers, type Hop, hopKindOf, type IpToAs, optionProbes, type ReverseTraceroute } from '@revtr/engine';
import { basisOf, basisOfHop } from './basis.ts';
import { causeOf } from './cause.ts';
import { constantOf } from './constant.ts';
import { failureOf } from './failure.ts';
import type { Found, JudgedHop, JudgedPair } from './judged-pair.ts';
import { shownRouters, type TrueRoute, type Truth } from './truth.ts';
import { wholePathSteps } from './whole-path-steps.ts';

/** What a result is judged with. */
export interface JudgeFacts {
  readonly truth: Truth;
  readonly ipToAs: Pick<IpToAs, 'originOf'>;
  /** The networks of hops as users of the plan see them. Default: the origins of the addresses. */
  readonly networksOf?: ((hops: ReverseTraceroute['hops']) => readonly (number | undefined)[]) | undefined;
  /** The networks of hops by this project's search, which maps the paths of all plans alike. Default: the origins of the addresses. */
  readonly searchedNetworksOf?: JudgeFacts['networksOf'];
  /** Routers that a traceroute from the destination to the source shows; `undefined` when none was made. */
  readonly visible?: ReadonlySet<number> | undefined;
}

/**
 * Compares a result with the ground truth. Routing may change during a measurement: what is true at its start or at its end is right.
 */
export function judge(result: ReverseTraceroute, facts: JudgeFacts): JudgedPair {
  const { truth, ipToAs, networksOf, searchedNetworksOf, visible } = facts;
  const { source, destination, startedAt, endedAt, stats, failReason } = result;
  const routes = [startedAt, endedAt].map((at) => truth.route(destination, source, at));
  const [route] = routes;
  const isAny = (test: (route: TrueRoute) => boolean): boolean => routes.some(test);
  const between = result.hops.filter(({ address }) => address !== source && address !== destination);
  const hops = between.map((hop): JudgedHop => {
    const { address, technique, confidence, trust } = hop;
    const routers = truth.routersOf(address);
    const isAtDestination = truth.isAtDestination(address, destination);
    const isRight = isAtDestination || isAny(({ possible }) => routers.some((router) => possible.has(router)));
    const isKnown = isAtDestination || routers.length > 0;
    return {
      technique,
      kind: hopKindOf(hop),
      constant: constantOf(hop),
      ...(hop.uncorrected?.ratio !== undefined && { ratio: hop.uncorrected.ratio }),
      confidence,
      trust,
      verdict: !isKnown ? 'unjudged' : isRight ? 'right' : 'wrong',
      isRightByOneFlow: isAtDestination || isAny((flow) => routers.some((router) => flow.routers.includes(router))),
    };
  });
  const shown = new Set(result.hops.flatMap(({ address }) => shownRouters(address, routes, truth)));
  const reached = result.stopReason === 'reaches';
  const origins = result.hops.map(({ address }) => ipToAs.originOf(address));
  const asPath = asPathOfNumbers(networksOf?.(result.hops) ?? origins);
  const isExact = (path: readonly number[]): boolean => reached && isAny((flow) => isSame(flow.asPath, path));
  const asPathExact = isExact(asPath);
  const isExactByOwners = isAny((flow) => isExact(asPathByOwners(between, flow, truth)));
  const paths = { foundAsPath: asPath, trueAsPath: route.asPath, isExactByOwners };
  return {
    reached,
    basis: basisOf({ reached, hops: between }),
    usesInterdomainAssumption: between.some((hop) => basisOfHop(hop) === 'interdomainAssumption'),
    usesFarStandIn: between.some((hop) => basisOfHop(hop) === 'standInInNetwork'),
    hops,
    routers: countFound(shown, new Set(route.routers)),
    visibleRouters: countFound(shown, visible ?? new Set()),
    asPathExact,
    asPathExactByOrigins: isExact(asPathOfNumbers(origins)),
    asPathExactBySearch: isExact(asPathOfNumbers(searchedNetworksOf?.(result.hops) ?? origins)),
    asPathExactByOwners: isExactByOwners,
    confidence: result.confidence,
    allRight: hops.every(({ verdict }) => verdict !== 'wrong'),
    steps: wholePathSteps(result.hops),
    optionProbes: optionProbes(stats),
    allProbes: optionProbes(stats) + stats.tracerouteProbes + stats.plainPings,
    spoofedRounds: stats.spoofedRecordRouteRounds,
    latencyMs: endedAt - startedAt,
    ...(!reached && { failure: failureOf(failReason?.code) }),
    ...(!asPathExact && { cause: causeOf({ reached, failure: failReason?.code, hops, ...paths }) }),
  };
}

/** Networks of the routers that the hops between destination and source show, with the true first and last router: what a perfect mapping would make of it. */
function asPathByOwners(between: readonly Hop[], route: TrueRoute, truth: Truth): number[] {
  // A shared address names no network, whatever the mapping.
  const routers = between.flatMap(({ address }) => {
    const shown = truth.routersOf(address);
    return shown.length === 1 ? shown : [];
  });
  const ends = [...route.routers.slice(0, 1), ...routers, ...route.routers.slice(-1)];
  return asPathOfNumbers(ends.map((router) => truth.operatorOf(router)));
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((element, i) => element === b[i]);

const countFound = (shown: ReadonlySet<number>, wanted: ReadonlySet<number>): Found => ({
  found: [...wanted].filter((router) => shown.has(router)).length,
  of: wanted.size,
});
