import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimulatedInternet } from '@revtr/sim';
import { mean, median, quantiles, share, shareWithin } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';
import type { RecordRouteSurvey } from './survey.ts';

const REV10 = 'NSDI 2010, section 5.1';
const REV22 = 'IMC 2022, section 4.4';
const ARK = 'Ark statistics pages';
const PAIRS = 2_000;
/** Hops whose reverse path a system has to guess are mostly near the destination. */
const NEAR = 3;

/** Lengths and symmetry of paths between sources and destinations. */
export function pathRows(internet: SimulatedInternet, targets: readonly Ipv4Address[], random: Random): RealismRow[] {
  const { truth, places, clock } = internet;
  const now = clock.now();
  const origins = places.sources.map(({ address }) => address);
  const pairs = Array.from({ length: PAIRS }, () => {
    const [source, destination] = [random.pick(origins), random.pick(targets)];
    const flow = random.below(2 ** 30);
    const [forward, reverse] = [truth.path(source, destination, now, flow), truth.path(destination, source, now, flow)];
    return { source, forward, reverse };
  }).filter(({ forward, reverse }) => forward.reached && reverse.reached);
  const shared = pairs.map(({ forward, reverse }) => {
    const passed = new Set(forward.routers);
    return share(reverse.routers.filter((router) => passed.has(router)).length, reverse.routers.length);
  });
  const lengths = quantiles(pairs.map(({ forward }) => forward.routers.length + 1));
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
    compare(['reverse routers on the forward path, median', 0.39, 0.06, 'read'], REV10, median(shared)),
    compare(['reverse routers on the forward path, mean', 0.41, 0.06, 'read'], REV10, mean(shared)),
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

/** Lengths of paths from vantage points, compared with the share of destinations that Record Route pings with a small TTL reach. */
export function ttlRows(
  { truth, places, clock }: SimulatedInternet,
  { targets, slots, answered }: RecordRouteSurvey,
  random: Random,
): RealismRow[] {
  const distances = (list: readonly Ipv4Address[]): number[] =>
    Array.from({ length: PAIRS }, () => {
      const { routers } = truth.path(random.pick(places.vantagePoints).address, random.pick(list), clock.now());
      return routers.length + 1;
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
