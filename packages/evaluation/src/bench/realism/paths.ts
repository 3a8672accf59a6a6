import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimulatedInternet } from '@revtr/sim';
import { quantiles, shareWithin } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';
import { type PathPair, symmetryRows } from './symmetry.ts';
import { visibleHops } from './visible-hops.ts';

const ARK = 'Ark statistics pages';
const PAIRS = 2_000;

/** Lengths and symmetry of paths between sources and destinations. */
export function pathRows(internet: SimulatedInternet, targets: readonly Ipv4Address[], random: Random): RealismRow[] {
  const { places, topology } = internet;
  const origins = places.sources.map(({ address }) => address);
  const pairs = pathPairs(internet, [origins, targets], random);
  const sites = pathPairs(internet, [origins, places.vantagePoints.map(({ address }) => address)], random);
  const lengths = quantiles(pairs.map(({ forward }) => visibleHops(topology, forward.routers)));
  const networks = quantiles(pairs.map(({ forward }) => forward.asPath.length));
  return [
    ...symmetryRows(internet, [sites, pairs], random),
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
