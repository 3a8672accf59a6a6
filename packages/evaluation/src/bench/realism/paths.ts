import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimulatedInternet } from '@revtr/sim';
import { mean, median, quantiles, share } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';

const REV10 = 'NSDI 2010, section 5.1';
const REV22 = 'IMC 2022, section 4.4';
const ARK = 'Ark statistics pages';
const PAIRS = 2_000;

/** Lengths and symmetry of paths between vantage points or sources and destinations. */
export function pathRows(internet: SimulatedInternet, targets: readonly Ipv4Address[], random: Random): RealismRow[] {
  const { truth, places, clock } = internet;
  const now = clock.now();
  const origins = [...places.vantagePoints, ...places.sources].map(({ address }) => address);
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
      ['penultimate hop is on the reverse path, link between networks', 0.57, 0.06, 'read'],
      REV22,
      penultimate.across,
    ),
    compare(
      ['penultimate hop is on the reverse path, link inside a network', 0.9, 0.05, 'read'],
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
      compare([`networks beyond that of the vantage point, quantile ${q}`, hops, 0.5, 'read'], ARK, networks(q) - 1),
    ),
  ];
}

/** For random routers of reverse paths: how often the router before them on the forward path is after them on the reverse path. */
function penultimateHops(
  { truth, clock }: SimulatedInternet,
  pairs: readonly { readonly source: Ipv4Address; readonly reverse: { readonly routers: readonly number[] } }[],
  random: Random,
): { across: number; inside: number } {
  const outcomes = { across: [0, 0], inside: [0, 0] };
  for (const { source, reverse } of pairs) {
    const [hop] = truth.addressesOf(random.pick(reverse.routers));
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
