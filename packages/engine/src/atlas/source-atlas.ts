import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import type { AliasEvidence } from '../facts/alias-evidence.ts';
import { lastSharedHop, withKnownHops } from './change.ts';
import {
  type Branch,
  bestOf,
  type Candidates,
  type Intersection,
  type IntersectionQuery,
  type PlacedStamp,
} from './intersection.ts';
import { MeasuredPaths } from './measured-paths.ts';
import { type PathNode, PathTree } from './path-tree.ts';
import { PlaceIndex } from './place-index.ts';
import { type Contradiction, type PlacingFacts, placeStamps, type TailStamps } from './placing.ts';
import { StampSequences } from './stamp-sequences.ts';
import { type AtlasTraceroute, type MeasuredPath, pathKey } from './traceroute.ts';

/** The effect of adding a path. */
export interface Added {
  readonly path: AtlasTraceroute;
  /** Removed paths: the one that it replaces, and those that shared a segment that has changed. */
  readonly removed: readonly AtlasTraceroute[];
}

/** What a source's atlas uses, and where it reports alias evidence. */
export interface SourceAtlasCollaborators extends PlacingFacts {
  readonly evidence: AliasEvidence;
}

/** The answer of a hop to a Record Route ping, whose turning point is the hop's own stamp. */
export interface ComparedAnswer {
  readonly target: Ipv4Address;
  /** Stamps behind the target's own, in order. */
  readonly stamps: readonly Ipv4Address[];
  /** Number of links that the answer has crossed; `undefined` when that is not known. */
  readonly distance: number | undefined;
  /** When the ping was sent, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Most other ways behind one router that are compared. */
const MOST_BRANCHES = 16;
/** Most paths from reverse traceroutes that are kept for one source. */
const MOST_GROWN = 20_000;
/** Most hops whose distance is remembered; the one that answered least recently is dropped first. */
const MOST_DISTANCES = 50_000;

/** The paths to one source with the Record Route addresses placed on them, by address and by router. */
export class SourceAtlas {
  readonly tree: PathTree;
  /** Paths by number, oldest addition first. */
  readonly paths = new Map<number, AtlasTraceroute>();
  /** Paths that were removed because a segment changed, by key. They are to be measured again. */
  readonly lost = new Map<string, AtlasTraceroute>();
  readonly #facts: SourceAtlasCollaborators;
  readonly #byKey = new Map<string, AtlasTraceroute>();
  /** Paths from reverse traceroutes, oldest addition first. */
  readonly #grown = new Set<AtlasTraceroute>();
  readonly #measured: MeasuredPaths;
  readonly #places: PlaceIndex;
  readonly #sequences: StampSequences;
  readonly #disputed = new Set<PathNode>();
  /** How many links the last answer of each hop has crossed, by router. */
  readonly #distances = new BoundedMap<number, number>({ capacity: MOST_DISTANCES });
  readonly #tails = new Map<Ipv4Address, TailStamps[]>();
  readonly #placedOn = new Map<AtlasTraceroute, PlacedStamp[]>();
  readonly #contradictions = new Map<AtlasTraceroute, readonly Contradiction[]>();
  #lastId = 0;
  /** When an answer last contradicted a path, milliseconds since the Unix epoch. */
  #contradictedAt = Number.NEGATIVE_INFINITY;

  constructor(source: Ipv4Address, facts: SourceAtlasCollaborators) {
    this.#facts = facts;
    this.#measured = new MeasuredPaths(this.paths, facts.ipToAs);
    this.#places = new PlaceIndex(facts.aliases);
    this.#sequences = new StampSequences(facts.aliases);
    this.tree = new PathTree(source, {
      onAdded: (node) => this.#places.addNode(node),
      onRemoved: (node) => {
        this.#places.removeNode(node);
        this.#disputed.delete(node);
      },
    });
    this.#places.addNode(this.tree.root);
  }

  /** Adds a path, which replaces the earlier one with the same key. A restored path passes its `id`. */
  add(measured: MeasuredPath, id = this.#lastId + 1): Added {
    const before = this.#byKey.get(pathKey(measured));
    const hops = before === undefined ? measured.hops : withKnownHops(before.hops, measured.hops);
    const path: AtlasTraceroute = { ...measured, hops, id };
    const removed = before === undefined ? [] : this.#supersede(before, path);
    if (path.platform === 'reverseTraceroute') removed.push(...this.#makeRoom());
    this.#lastId = Math.max(this.#lastId, id);
    this.paths.set(id, path);
    this.#measured.noteChange(path);
    this.#byKey.set(pathKey(path), path);
    this.lost.delete(pathKey(path));
    if (path.platform === 'reverseTraceroute') this.#grown.add(path);
    this.tree.add(path);
    this.#place(path);
    return { path, removed };
  }

  /** Removes paths. */
  remove(paths: Iterable<AtlasTraceroute>): void {
    for (const path of paths) {
      if (!this.paths.delete(path.id)) continue;
      this.#measured.noteChange(path);
      if (this.#byKey.get(pathKey(path)) === path) this.#byKey.delete(pathKey(path));
      this.#grown.delete(path);
      this.#unplace(path);
      this.tree.remove(path);
    }
  }

  /** Adds the stamps of Record Route pings to hops. They replace earlier ones from the same sender to the same hop. */
  addTails(tails: readonly TailStamps[]): void {
    for (const tail of tails) {
      const others = (this.#tails.get(tail.target) ?? []).filter(({ sender }) => sender !== tail.sender);
      this.#tails.set(tail.target, [...others, tail]);
      this.#sequences.learn([tail.target, ...tail.stamps], tail.at);
    }
    const touched = new Set<AtlasTraceroute>();
    for (const target of new Set(tails.map(({ target }) => target)))
      for (const node of this.#places.nodesOf(target)) for (const path of node.paths()) touched.add(path);
    for (const path of touched) this.#place(path);
  }

  /** Removes the stamps of pings that were sent before `oldest` (milliseconds since the Unix epoch). Paths on which they are placed keep them. */
  removeTails(oldest: number): void {
    for (const [target, tails] of this.#tails) {
      const kept = tails.filter(({ at }) => at >= oldest);
      if (kept.length === 0) this.#tails.delete(target);
      else if (kept.length < tails.length) this.#tails.set(target, kept);
    }
  }

  /** Removes the pings to hops that no path passes and that were not pinged since `oldest` (milliseconds since the Unix epoch). Returns these hops. */
  removeUnusedTails(oldest: number): Ipv4Address[] {
    const unused = [...this.#tails.keys()].filter(
      (hop) => this.#places.nodesOf(hop).length === 0 && this.pingedAt(hop) < oldest,
    );
    for (const hop of unused) this.#tails.delete(hop);
    return unused;
  }

  /** Forgets the lost paths that were measured before `oldest` (milliseconds since the Unix epoch): nobody measures them again any more. */
  forgetLost(oldest: number): void {
    for (const [key, { at }] of this.lost) if (at < oldest) this.lost.delete(key);
  }

  /** Whether nothing is known of any path. */
  get isEmpty(): boolean {
    return this.paths.size + this.lost.size + this.#tails.size === 0;
  }

  /**
   * Compares the paths with the answer of a hop to a Record Route ping. The paths from a hop on are disputed when another router, or another link
   * of the same router, stamped behind it than ever before, or when the answer has crossed another number of links than each of them has, or
   * than the answer before it. Intersections leave them out until a path is measured again.
   */
  compare({ target, stamps, distance, at }: ComparedAnswer): void {
    const changed = this.#sequences.learn([target, ...stamps], at);
    const places = [...changed].flatMap((address) => [...this.#places.nodesOfRouter(address)]);
    const own = this.#places.nodesOf(target).filter(({ parent }) => parent !== undefined);
    const traced = own.filter((node) => node.traced !== undefined);
    if (distance !== undefined) {
      if (traced.every(({ depth }) => depth !== distance)) places.push(...traced);
      if (this.#hasMoved(target, distance)) places.push(...own);
    }
    for (const node of places) {
      node.contradictedAt = Math.max(node.contradictedAt, at);
      if (!node.isDisputed) continue;
      this.#disputed.add(node);
      this.#contradictedAt = Math.max(this.#contradictedAt, at);
    }
  }

  /** Whether the last answer of a hop has crossed another number of links. */
  #hasMoved(target: Ipv4Address, distance: number): boolean {
    const key = this.#facts.aliases.routerKey(target);
    if (key === undefined) return false;
    const before = this.#distances.get(key);
    this.#distances.set(key, distance);
    return before !== undefined && before !== distance;
  }

  /** Whether an answer has contradicted any path since `time`, milliseconds since the Unix epoch. */
  hasChangedSince(time: number): boolean {
    return this.#contradictedAt > time;
  }

  /** Traceroutes through the places that are disputed, one for each. */
  disputedPaths(): AtlasTraceroute[] {
    for (const node of this.#disputed) if (!node.isDisputed) this.#disputed.delete(node);
    return [...this.#disputed].flatMap(({ traced }) => traced ?? []);
  }

  /** The best path through an address; `undefined` when no undisputed path passes it. */
  intersect(query: IntersectionQuery): Intersection | undefined {
    const candidates = this.#places.candidates(query);
    const isRestricted = this.#disputed.size > 0 || query.fits !== undefined;
    return bestOf(isRestricted ? this.#usable(candidates, query) : candidates, query, (node, oldest) =>
      this.#branchesAt(node, oldest),
    );
  }

  /** Whether a path from another host passes an address. */
  isPassed(address: Ipv4Address): boolean {
    return this.#places.nodesOf(address).some(({ children }) => children !== undefined && children.size > 0);
  }

  /** Addresses right before and behind an address on each path. */
  *neighboursOf(address: Ipv4Address): Generator<Ipv4Address> {
    for (const { parent, children } of this.#places.nodesOf(address)) {
      if (parent?.address !== undefined) yield parent.address;
      for (const child of children?.keys() ?? []) if (child !== undefined) yield child;
    }
  }

  /** Every ping to a hop. */
  *tails(): Generator<TailStamps> {
    for (const tails of this.#tails.values()) yield* tails;
  }

  /** Paths from traceroutes, without those from reverse traceroutes. */
  measuredPaths(): readonly AtlasTraceroute[] {
    return this.#measured.all;
  }

  /** Those of {@link measuredPaths} that pass a network, by its AS number. */
  measuredPathsThrough(network: number): readonly AtlasTraceroute[] {
    return this.#measured.through(network);
  }

  /** Notes that addresses may belong to other networks than before. */
  forgetNetworks(): void {
    this.#measured.forgetNetworks();
  }

  /** When a hop was last pinged with Record Route; 0 for never. */
  pingedAt(hop: Ipv4Address): number {
    return (this.#tails.get(hop) ?? []).reduce((latest, { at }) => Math.max(latest, at), 0);
  }

  /** Distinct responsive hops of the traceroutes, origins and the source left out. */
  hops(): Ipv4Address[] {
    const hops: Ipv4Address[] = [];
    for (const [address, nodes] of this.#places.nodes())
      if (nodes.some((node) => node.parent !== undefined && node.children !== undefined && node.traced !== undefined))
        hops.push(address);
    return hops;
  }

  /** Placed stamps, by path. */
  placements(): ReadonlyMap<AtlasTraceroute, readonly PlacedStamp[]> {
    return this.#placedOn;
  }

  /** Number of contradictions between pings and paths, by reason. */
  contradictions(): Record<Contradiction, number> {
    const counts = { order: 0, bounds: 0, branch: 0, asLoop: 0 };
    for (const reasons of this.#contradictions.values()) for (const reason of reasons) counts[reason]++;
    return counts;
  }

  /** Nodes but the source, in the order in which they came. */
  *nodes(): Generator<PathNode> {
    for (const [, nodes] of this.#places.nodes()) for (const node of nodes) if (node.parent !== undefined) yield node;
  }

  /** The ways on which traceroutes since `oldest` leave the router of a node, other than the node's own. */
  #branchesAt(node: PathNode, oldest: number): Branch[] {
    const { aliases } = this.#facts;
    const next = node.parent?.address;
    if (node.address === undefined || next === undefined || aliases.routerKey(node.address) === undefined) return [];
    const others = this.#places
      .nodesOf(node.address)
      .filter(({ traced }) => traced !== undefined && traced.at >= oldest);
    return others.slice(0, MOST_BRANCHES).flatMap((other): Branch[] => {
      const address = other.parent?.address;
      const isComparable = other !== node && address !== undefined && aliases.routerKey(address) !== undefined;
      if (!isComparable || aliases.sameRouter(address, next) || other.isDisputed) return [];
      const routers = new Set(other.chain().map((hop) => hop.address && aliases.routerKey(hop.address)));
      return [{ next: address, passes: (hop) => routers.has(aliases.routerKey(hop)) }];
    });
  }

  /** Candidates without the places from which the way is disputed, or has another length than it can have. */
  *#usable(candidates: Iterable<Candidates>, { fits }: IntersectionQuery): Generator<Candidates> {
    const mayDispute = this.#disputed.size > 0;
    for (const { match, places } of candidates) {
      const usable: { readonly first: PathNode; readonly last: PathNode }[] = [];
      for (const place of places) {
        const { first, last } = place;
        if (fits !== undefined && !fits(last.depth, first === last && first.traced !== undefined)) continue;
        if (!(mayDispute && first.leadsThroughDispute)) usable.push(place);
      }
      yield { match, places: usable };
    }
  }

  /** Removes the oldest path from reverse traceroutes when there are too many. */
  #makeRoom(): AtlasTraceroute[] {
    const [oldest] = this.#grown;
    if (this.#grown.size < MOST_GROWN || oldest === undefined) return [];
    this.remove([oldest]);
    return [oldest];
  }

  /** Removes the path that a new one from the same origin replaces and, if a segment has changed, all paths that shared it. */
  #supersede(before: AtlasTraceroute, path: AtlasTraceroute): AtlasTraceroute[] {
    const removed = new Set([before]);
    // What Record Route shows of a path differs between measurements even without a change.
    const isComparable = path.platform !== 'reverseTraceroute';
    const shared = isComparable ? lastSharedHop(before.hops, path.hops, this.#facts.aliases) : undefined;
    // If the new segment was already known together with the old one, the router balances load and nothing has changed.
    const isBalanced = shared !== undefined && this.tree.find(path.hops.slice(shared)) !== undefined;
    if (shared !== undefined && !isBalanced) {
      const node = this.tree.find(before.hops.slice(shared));
      for (const other of node?.paths() ?? []) if (other.at < path.at) removed.add(other);
    }
    this.remove(removed);
    removed.delete(before);
    for (const other of removed) if (other.platform !== 'reverseTraceroute') this.lost.set(pathKey(other), other);
    return [before, ...removed];
  }

  #place(path: AtlasTraceroute): void {
    const tails = path.hops.flatMap((hop) => (hop === undefined ? [] : (this.#tails.get(hop) ?? [])));
    if (tails.length === 0) return;
    this.#unplace(path);
    const chain = this.tree.find(path.hops)?.chain();
    if (chain === undefined) return;
    const { placed, contradictions, linkEnds } = placeStamps(path.hops, tails, {
      ...this.#facts,
      isHop: (address) => this.#places.nodesOf(address).some(({ traced }) => traced !== undefined),
    });
    const stamps = placed.map(({ address, first, last }) => this.#places.addStamp(address, chain[first], chain[last]));
    this.#placedOn.set(path, stamps);
    if (contradictions.length > 0) {
      const reasons = contradictions.map(({ reason }) => reason);
      this.#contradictions.set(path, reasons);
    }
    for (const [stamp, hop] of linkEnds) this.#facts.evidence.add(stamp, hop, 'linkEnd', path.at);
  }

  #unplace(path: AtlasTraceroute): void {
    for (const stamp of this.#placedOn.get(path) ?? []) this.#places.removeStamp(stamp);
    this.#placedOn.delete(path);
    this.#contradictions.delete(path);
  }
}
