import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { interfacesTowards, type SimulatedInternet, type TruePath } from '@revtr/sim';
import { mean, median, share } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';

const REV10 = 'NSDI 2010, section 5.1';
const REV22 = 'IMC 2022, section 4.4';
/** Hops whose reverse path a system has to guess are mostly near the destination. */
const NEAR = 3;

/** Paths in both directions between a source and a destination. */
export interface PathPair {
  readonly source: Ipv4Address;
  readonly forward: TruePath;
  readonly reverse: TruePath;
}

/** The last link of a forward path: whether it is inside a network, and whether its first router is on the reverse path. */
interface PenultimateLink {
  readonly isInside: boolean;
  readonly isOnReversePath: boolean;
}

/** How often the penultimate hop of a forward path is on the reverse path: where the link crosses networks, and where it does not. */
interface PenultimateShares {
  readonly across: number;
  readonly inside: number;
}

/**
 * Symmetry of paths between well-connected hosts (`sites`) and to any destination (`pairs`). The publication does not say of which addresses
 * near the destination the penultimate hops were taken, so there are two pairs of rows: of the stamps that the technique starts from, and of any
 * address of a router.
 */
export function symmetryRows(
  internet: SimulatedInternet,
  [sites, pairs]: readonly [readonly PathPair[], readonly PathPair[]],
  random: Random,
): RealismRow[] {
  const { truth, topology } = internet;
  const byRouter = (router: number): string => String(router);
  const byPop = (router: number): string => `${truth.asOf(router)} ${topology.routers.city[router]}`;
  const symmetricAs = pairs.filter(
    ({ forward, reverse }) => [...reverse.asPath].reverse().join() === forward.asPath.join(),
  );
  return [
    ...penultimateRows('a router near the destination', penultimateHops(internet, pairs, random)),
    ...penultimateRows('a Record Route stamp near the destination', penultimateOfStamps(internet, pairs, random)),
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
  ];
}

function penultimateRows(of: string, { across, inside }: PenultimateShares): RealismRow[] {
  const row = (link: string, published: number, tolerance: number, simulated: number): RealismRow =>
    compare(
      [`penultimate hop of ${of} is on the reverse path, ${link}`, published, tolerance, 'read'],
      REV22,
      simulated,
    );
  return [row('link between networks', 0.57, 0.06, across), row('link inside a network', 0.9, 0.05, inside)];
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

/** For random routers near the ends of forward paths: how often the router before them is on the path back from them. */
function penultimateHops(
  { truth, topology, clock }: SimulatedInternet,
  pairs: readonly PathPair[],
  random: Random,
): PenultimateShares {
  const links: PenultimateLink[] = [];
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
    const isInside = truth.asOf(before) === truth.asOf(last);
    links.push({ isInside, isOnReversePath: back.routers.includes(before) });
  }
  return sharesOf(links);
}

/**
 * For what routers near the destination stamp on the reverse path, as the technique uses it: how often the router before the stamp on the
 * forward path to it is on the reverse path. The origins of the two addresses say whether the link is inside a network.
 */
function penultimateOfStamps(
  { truth, topology, clock }: SimulatedInternet,
  pairs: readonly PathPair[],
  random: Random,
): PenultimateShares {
  const { interfaces, networkOf, routers } = topology;
  const links: PenultimateLink[] = [];
  for (const { source, reverse } of pairs) {
    const position = random.below(Math.min(NEAR, reverse.routers.length - 1));
    const [router, next] = reverse.routers.slice(position);
    const [egress] = interfacesTowards(topology, router, next);
    const stamp = interfaces.address[egress];
    if (networkOf.lookup(stamp) < 0) continue;
    const forward = truth.path(source, stamp, clock.now()).routers;
    const at = forward.lastIndexOf(router);
    if (at < 1) continue;
    const before = forward[at - 1];
    const [ingress] = at > 1 ? interfacesTowards(topology, before, forward[at - 2]) : [];
    const shown = ingress === undefined ? routers.loopback[before] : interfaces.address[ingress];
    const isInside = networkOf.lookup(shown) === networkOf.lookup(stamp);
    links.push({ isInside, isOnReversePath: reverse.routers.includes(before) });
  }
  return sharesOf(links);
}

function sharesOf(links: readonly PenultimateLink[]): PenultimateShares {
  const shareOf = (isInside: boolean): number => {
    const chosen = links.filter((link) => link.isInside === isInside);
    return share(chosen.filter(({ isOnReversePath }) => isOnReversePath).length, chosen.length);
  };
  return { across: shareOf(false), inside: shareOf(true) };
}
