import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimulatedInternet, TruePath } from '@revtr/sim';
import { mean, median, quantiles, share, shareWithin } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';
import { visibleHops } from './visible-hops.ts';

const REV10 = 'NSDI 2010, section 5.1';
const REV22 = 'IMC 2022, section 4.4';
const ARK = 'Ark statistics pages';
const PAIRS = 2_000;
/** Hops whose reverse path a system has to guess are mostly near the destination. */
const NEAR = 3;

/** Lengths and symmetry of paths between sources and destinations. */
export function pathRows(internet: SimulatedInternet, targets: readonly Ipv4Address[], random: Random): RealismRow[] {
  const { truth, places, topology } = internet;
  const origins = places.sources.map(({ address }) => address);
  const pairs = pathPairs(internet, [origins, targets], random);
  const sites = pathPairs(internet, [origins, places.vantagePoints.map(({ address }) => address)], random);
  const byRouter = (router: number): string => String(router);
  const byPop = (router: number): string => `${truth.asOf(router)} ${topology.routers.city[router]}`;
  const lengths = quantiles(pairs.map(({ forward }) => visibleHops(topology, forward.routers)));
  const networks = quantiles(pairs.map(({ forward }) => forward.asPath.length));
  const symmetricAs = pairs.filter(
    ({ forward, reverse }) => [...reverse.asPath].reverse().join() === forward.asPath.join(),
  );
  const penultimate = penultimateHops(internet, pairs, random);
  return [
    compare(
      [
        'penultimate hop of a router near the destination is on the reverse path, link between networks',
        0.57,
        0.06,
        'read',
      ],
      REV22,
      penultimate.across,
    ),
    compare(
      [
        'penultimate hop of a router near the destination is on the reverse path, link inside a network',
        0.9,
        0.05,
        'read',
      ],
      REV22,
      penultimate.inside,
    ),
    ...sharedRows(
      'routers on the forward path, between well-connected hosts',
      [0.39, 0.41],
      sharedParts(sites, byRouter),
    ),
    ...sharedRows('places on the forward path, between well-connected hosts', [0.6, 0.61], sharedParts(sites, byPop)),
    ...sharedRows('routers on the forward path, to any destination', [0.39, 0.41], sharedParts(pairs, byRouter)),
    compare(
      ['reverse paths with the same networks as the forward path', 0.53, 0.1, 'memory'],
      'IMC 2022',
      share(symmetricAs.length, pairs.length),
    ),
    ...(
      [
        [0.1, 8],
        [0.25, 11],
        [0.5, 13],
        [0.75, 15],
        [0.9, 17],
      ] as const
    ).map(([q, hops]) => compare([`hops of a forward path, quantile ${q}`, hops, 1.5, 'read'], ARK, lengths(q))),
    ...(
      [
        [0.1, 2],
        [0.5, 3],
        [0.75, 4],
        [0.9, 5],
      ] as const
    ).map(([q, hops]) =>
      compare([`networks beyond that of the source, quantile ${q}`, hops, 0.5, 'read'], ARK, networks(q) - 1),
    ),
  ];
}

/** Paths in both directions between a source and a destination. */
interface PathPair {
  readonly source: Ipv4Address;
  readonly forward: TruePath;
  readonly reverse: TruePath;
}

/** Paths between random addresses of two lists. */
function pathPairs(
  { truth, clock }: SimulatedInternet,
  [sources, destinations]: readonly [readonly Ipv4Address[], readonly Ipv4Address[]],
  random: Random,
): PathPair[] {
  const now = clock.now();
  return Array.from({ length: PAIRS }, () => {
    const [source, destination] = [random.pick(sources), random.pick(destinations)];
    const flow = random.below(2 ** 30);
    const [forward, reverse] = [truth.path(source, destination, now, flow), truth.path(destination, source, now, flow)];
    return { source, forward, reverse };
  }).filter(({ forward, reverse }) => forward.reached && reverse.reached);
}

/** For each pair the part of the reverse path, by routers or by places, that is on the forward path too. */
function sharedParts(pairs: readonly PathPair[], keyOf: (router: number) => string): number[] {
  return pairs.map(({ forward, reverse }) => {
    const passed = new Set(forward.routers.map(keyOf));
    const back = [...new Set(reverse.routers.map(keyOf))];
    return share(back.filter((key) => passed.has(key)).length, back.length);
  });
}

function sharedRows(
  name: string,
  [middle, average]: readonly [number, number],
  parts: readonly number[],
): RealismRow[] {
  return [
    compare([`reverse ${name}, median`, middle, 0.06, 'read'], REV10, median(parts)),
    compare([`reverse ${name}, mean`, average, 0.06, 'read'], REV10, mean(parts)),
  ];
}

/** Lengths of paths from vantage points, compared with the share of destinations that Record Route pings with a small TTL reach. */
export function ttlRows(
  { truth, topology, places, clock }: SimulatedInternet,
  { targets, slots, answered }: RecordRouteSurvey,
  random: Random,
): RealismRow[] {
  const distances = (list: readonly Ipv4Address[]): number[] =>
    Array.from({ length: PAIRS }, () => {
      const { routers } = truth.path(random.pick(places.vantagePoints).address, random.pick(list), clock.now());
      return visibleHops(topology, routers);
    });
  const isReachable = (i: number): boolean => slots.some((row) => row[i] > 0);
  const isAnswering = (i: number): boolean => answered.some((row) => row[i] > 0);
  const near = distances(targets.filter((_, i) => isReachable(i)));
  const far = distances(targets.filter((_, i) => isAnswering(i) && !isReachable(i)));
  const row = (list: readonly number[], name: string, hops: number, published: number): RealismRow =>
    compare(
      [`${name} within a TTL of ${hops} of a vantage point`, published, 0.1, 'plot'],
      'IMC 2017, section 4.2',
      shareWithin(list, hops),
    );
  // The published shares end at 0.945 and 0.92, because some pings stay unanswered.
  return [
    row(near, 'reachable destinations', 6, 0.2 / 0.945),
    row(near, 'reachable destinations', 8, 0.455 / 0.945),
    row(near, 'reachable destinations', 10, 0.675 / 0.945),
    row(near, 'reachable destinations', 14, 0.89 / 0.945),
    row(far, 'unreachable destinations', 10, 0.24 / 0.92),
    row(far, 'unreachable destinations', 12, 0.45 / 0.92),
    row(far, 'unreachable destinations', 16, 0.75 / 0.92),
    row(far, 'unreachable destinations', 20, 0.875 / 0.92),
  ];
}

/** For random routers near the ends of forward paths: how often the router before them is on the path back from them. */
function penultimateHops(
  { truth, topology, clock }: SimulatedInternet,
  pairs: readonly { readonly source: Ipv4Address; readonly forward: { readonly routers: readonly number[] } }[],
  random: Random,
): { across: number; inside: number } {
  const outcomes = { across: [0, 0], inside: [0, 0] };
  for (const {
    source,
    forward: { routers },
  } of pairs) {
    // No network announces the addresses of exchanges.
    const addresses = truth
      .addressesOf(random.pick(routers.slice(-NEAR)))
      .filter((address) => topology.networkOf.lookup(address) >= 0);
    const hop = random.pick(addresses);
    const forward = truth.path(source, hop, clock.now());
    const [before, last] = forward.routers.slice(-2);
    if (last === undefined || !forward.reached) continue;
    const back = truth.path(hop, source, clock.now());
    const outcome = outcomes[truth.asOf(before) === truth.asOf(last) ? 'inside' : 'across'];
    outcome[0]++;
    if (back.routers.includes(before)) outcome[1]++;
  }
  const rate = ([all, right]: readonly number[]): number => share(right, all);
  return { across: rate(outcomes.across), inside: rate(outcomes.inside) };
}
