import type { Ipv4Address } from '@revtr/net';
import { CONFIDENCE } from '../path/confidence.ts';
import type { AtlasMatchKind } from '../path/evidence.ts';
import type { PathNode } from './path-tree.ts';
import { type AtlasTraceroute, isYoungEnough } from './traceroute.ts';

/** Where a Record Route address lies on the paths to a source: at one node, or somewhere from `first` to `last`. */
export interface PlacedStamp {
  readonly address: Ipv4Address;
  /** The bound farther from the source. */
  readonly first: PathNode;
  readonly last: PathNode;
  /** Number of paths that place it here. */
  paths: number;
}

/** A search for a path to `source` that passes `address`. */
export interface IntersectionQuery {
  readonly source: Ipv4Address;
  readonly address: Ipv4Address;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Paths older than this are not used, milliseconds since the Unix epoch. */
  readonly oldest: number;
  /** Whether Record Route addresses count. */
  readonly useRecordRoute: boolean;
  /** Which paths may be used. Default: all. */
  readonly accepts?: ((path: AtlasTraceroute) => boolean) | undefined;
  /** Whether the way from the address to the source may have exactly, or at least, so many links. Default: any number. */
  readonly fits?: ((links: number, isExact: boolean) => boolean) | undefined;
}

/** A hop behind the place where an address meets the atlas. */
interface TailHop {
  readonly address: Ipv4Address;
  /** Whether it may lie before the address. */
  readonly isBetween: boolean;
  /** Whether other traceroutes pass the routers before it and not this one: one of those routers balances load. */
  readonly isOneOfSeveral: boolean;
  /** Hops that other traceroutes have in its place, behind the same hop. */
  readonly alternatives: readonly Ipv4Address[];
  /** Whether all these other ways pass the next hop as well, as parallel links of a load balancer do. */
  readonly rejoins: boolean;
}

/** A path of the atlas that an address lies on, and what follows it there. */
export interface Intersection {
  readonly match: AtlasMatchKind;
  /** The newest path that passes this place. */
  readonly traceroute: AtlasTraceroute;
  /**
   * Probability that packets from the address still take this path, 0 to 1. It is a property of the path as a whole: what has changed shows in the
   * first hop.
   */
  readonly confidence: number;
  /** Hops from behind the address to the source. */
  readonly tail: readonly TailHop[];
  /** Where the path was met. */
  readonly node: PathNode;
}

/** Places where an address may meet the atlas, all matched in the same way. */
export interface Candidates {
  readonly match: AtlasMatchKind;
  readonly places: Iterable<{ readonly first: PathNode; readonly last: PathNode }>;
}

/** Another way that traceroutes take behind the router of a node. */
export interface Branch {
  /** The next hop there. */
  readonly next: Ipv4Address;
  /** Whether the way passes the router of an address. */
  readonly passes: (address: Ipv4Address) => boolean;
}

/** The ways behind a node that other traceroutes, measured since `oldest` (milliseconds since the Unix epoch), show. */
export type BranchesAt = (node: PathNode, oldest: number) => readonly Branch[];

interface Rated {
  readonly match: AtlasMatchKind;
  readonly first: PathNode;
  readonly last: PathNode;
  readonly traceroute: AtlasTraceroute;
  readonly confidence: number;
}

/**
 * Mean time for which a path stays as it was measured, milliseconds: a day costs a hundredth of what is believed. On development seeds 1 to 6 of
 * the simulator, profile `published`, where links fail as published, the share of paths that are wrong does not grow measurably within a day.
 */
const MEAN_LIFE_MS = 100 * 86_400_000;
/** Confidence in a path that a reverse traceroute assembled, relative to one that a traceroute measured as a whole. */
const GROWN = 0.998;
/** The same in a path to another host of the source's /24. */
const PUBLIC = 0.99;
/** Each further position that an address may have makes its place less sure. */
const PER_POSITION = 0.999;

/**
 * The best of several places: the most believable by how the address was matched, how old the measurement is, and who
 * made it; of equal ones the one nearer to the source.
 */
export function bestOf(
  candidates: Iterable<Candidates>,
  query: IntersectionQuery,
  branchesAt: BranchesAt,
): Intersection | undefined {
  let best: Rated | undefined;
  for (const { match, places } of candidates)
    for (const { first, last } of places) {
      const [traced, grown] =
        query.accepts === undefined ? [first.traced, first.grown] : freshest(first, query.accepts);
      for (const traceroute of [traced, grown]) {
        if (traceroute === undefined || !isYoungEnough(traceroute, query)) continue;
        const confidence = confidenceIn(match, traceroute, first.depth - last.depth, query.now);
        const lead = best === undefined ? 1 : confidence - best.confidence;
        if (lead > 1e-9 || (lead > -1e-9 && best !== undefined && last.depth < best.last.depth))
          best = { match, first, last, traceroute, confidence };
      }
    }
  if (best === undefined) return undefined;
  const { match, traceroute, confidence, first, last } = best;
  const tail = tailOf(first, last, (node) => branchesAt(node, query.oldest));
  return { match, traceroute, confidence, tail, node: first };
}

function confidenceIn(match: AtlasMatchKind, { at, platform }: AtlasTraceroute, width: number, now: number): number {
  const survival = Math.exp(-Math.max(0, now - at) / MEAN_LIFE_MS);
  const trust = platform === 'reverseTraceroute' ? GROWN : platform === 'publicTraceroute' ? PUBLIC : 1;
  return CONFIDENCE.atlas[match].first * survival * trust * PER_POSITION ** width;
}

/** The freshest traceroute and the freshest reverse traceroute through a node, of those that may be used. */
function freshest(
  node: PathNode,
  accepts: (path: AtlasTraceroute) => boolean,
): readonly [AtlasTraceroute | undefined, AtlasTraceroute | undefined] {
  let [traced, grown]: (AtlasTraceroute | undefined)[] = [];
  for (const path of node.paths()) {
    if (!accepts(path)) continue;
    if (path.platform === 'reverseTraceroute') grown = grown !== undefined && grown.at > path.at ? grown : path;
    else traced = traced !== undefined && traced.at > path.at ? traced : path;
  }
  return [traced, grown];
}

function tailOf(first: PathNode, last: PathNode, branchesAt: (node: PathNode) => readonly Branch[]): TailHop[] {
  const tail: TailHop[] = [];
  let open: readonly Branch[] = [];
  for (let node = first; node.parent !== undefined; node = node.parent) {
    const { address, depth } = node.parent;
    const branches = branchesAt(node);
    if (address === undefined) {
      open = [...open, ...branches];
      continue;
    }
    open = [...open, ...branches].filter(({ passes }) => !passes(address));
    const alternatives = [...new Set(branches.map(({ next }) => next))];
    const next = node.parent.parent?.address;
    const rejoins = next !== undefined && branches.every(({ passes }) => passes(next));
    tail.push({ address, isBetween: depth >= last.depth, isOneOfSeveral: open.length > 0, alternatives, rejoins });
  }
  return tail;
}
