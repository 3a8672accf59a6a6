import type { Ipv4Address } from '@revtr/net';
import { AliasEvidence } from '../facts/alias-evidence.ts';
import type { Aliases } from '../facts/aliases.ts';
import { DoubleStampers } from '../facts/double-stampers.ts';
import type { ReverseTraceroute } from '../measurement/result.ts';
import { grownPath } from './growth.ts';
import type { Intersection, IntersectionQuery } from './intersection.ts';
import type { PlacingFacts, TailStamps } from './placing.ts';
import { type Added, type ComparedAnswer, SourceAtlas } from './source-atlas.ts';
import type { AtlasTraceroute, MeasuredPath } from './traceroute.ts';

/** Receives changes, for persistence. */
export interface AtlasListener {
  readonly onAdded: (added: Added) => void;
  readonly onRemoved: (source: Ipv4Address, removed: readonly AtlasTraceroute[]) => void;
  readonly onTails: (source: Ipv4Address, tails: readonly TailStamps[]) => void;
  /** All pings to some hops were removed. */
  readonly onTailsRemoved: (source: Ipv4Address, hops: readonly Ipv4Address[]) => void;
}

/** How old things may become, as the earliest times that are kept, milliseconds since the Unix epoch. */
export interface AtlasAges {
  /** Paths, and pings to their hops. */
  readonly paths: number;
  /** Pings to hops that are on no path any more. A path that comes back soon must find them. */
  readonly unusedTails: number;
}

/** Paths to each source and the Record Route addresses placed on them, held in memory. */
export class Atlas {
  /** Alias evidence that the placing of stamps has found. */
  readonly evidence = new AliasEvidence();
  /** Routers that stamp twice when they forward, as answers have shown. */
  readonly doubleStampers: DoubleStampers;
  readonly #facts: PlacingFacts;
  readonly #sources = new Map<Ipv4Address, SourceAtlas>();
  #listener: AtlasListener | undefined;

  constructor(facts: PlacingFacts) {
    this.#facts = facts;
    this.doubleStampers = new DoubleStampers(facts.aliases);
  }

  /** Which router an address identifies. */
  get aliases(): Aliases {
    return this.#facts.aliases;
  }

  /** Sets the listener, which receives every change except those of {@link clear} and {@link restore}. */
  listen(listener: AtlasListener): void {
    this.#listener = listener;
  }

  /** Adds a path, which is used at once. It replaces an earlier one from the same origin and platform. */
  add(path: MeasuredPath): Added {
    const added = this.#of(path.source).add(path);
    this.#listener?.onAdded(added);
    return added;
  }

  /** Adds the stamps of Record Route pings to hops. */
  addTails(source: Ipv4Address, tails: readonly TailStamps[]): void {
    this.#of(source).addTails(tails);
    this.#listener?.onTails(source, tails);
  }

  /** Restores persisted paths and stamps. */
  restore(source: Ipv4Address, paths: readonly AtlasTraceroute[], tails: readonly TailStamps[]): void {
    const atlas = this.#of(source);
    for (const path of paths) atlas.add(path, path.id);
    atlas.addTails(tails);
  }

  /** Rebuilds all indexes, for instance after the alias data has changed. */
  rebuild(): void {
    for (const [source, old] of [...this.#sources]) {
      this.#sources.delete(source);
      this.restore(source, [...old.paths.values()], [...old.tails()]);
    }
  }

  /** Notes that addresses may belong to other networks than before, because the dataset that tells was replaced. */
  forgetNetworks(): void {
    for (const atlas of this.#sources.values()) atlas.forgetNetworks();
  }

  /** The most reliable path through an address; `undefined` when no path passes it. */
  intersect(query: IntersectionQuery): Intersection | undefined {
    return this.#sources.get(query.source)?.intersect(query);
  }

  /** Addresses seen right before or behind an address on paths to any source, most often seen first. */
  neighboursOf(address: Ipv4Address): Ipv4Address[] {
    const counts = new Map<Ipv4Address, number>();
    for (const atlas of this.#sources.values())
      for (const neighbour of atlas.neighboursOf(address)) counts.set(neighbour, (counts.get(neighbour) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a).map(([neighbour]) => neighbour);
  }

  /** Compares the paths to a source with a fresh answer, see {@link SourceAtlas.compare}. */
  compare(source: Ipv4Address, answer: ComparedAnswer): void {
    this.#sources.get(source)?.compare(answer);
  }

  /** Whether an answer has contradicted any path to a source since `time`, milliseconds since the Unix epoch. */
  hasChangedSince(source: Ipv4Address, time: number): boolean {
    return this.#sources.get(source)?.hasChangedSince(time) === true;
  }

  /** Marks the place where a reverse traceroute met the atlas as used at `now`. Used places are measured again in time. */
  use({ node }: Intersection, now: number): void {
    node.usedAt = now;
  }

  /** Adds the measured part of a reverse traceroute, if it shows more than the atlas holds. */
  grow(result: ReverseTraceroute): void {
    const path = grownPath(result, this.#sources.get(result.source), this.aliases);
    if (path !== undefined) this.add(path);
  }

  /** Removes what is too old. A source of which nothing is left is forgotten. */
  expire(source: Ipv4Address, ages: AtlasAges): void {
    const atlas = this.#sources.get(source);
    if (atlas === undefined) return;
    this.remove(
      source,
      [...atlas.paths.values()].filter(({ at }) => at < ages.paths),
    );
    atlas.removeTails(ages.paths);
    atlas.forgetLost(ages.paths);
    const unused = atlas.removeUnusedTails(ages.unusedTails);
    if (unused.length > 0) this.#listener?.onTailsRemoved(source, unused);
    if (atlas.isEmpty) this.#sources.delete(source);
  }

  /** Removes paths. */
  remove(source: Ipv4Address, paths: readonly AtlasTraceroute[]): void {
    if (paths.length === 0) return;
    this.#sources.get(source)?.remove(paths);
    this.#listener?.onRemoved(source, paths);
  }

  /** Drops everything about a source. */
  clear(source: Ipv4Address): void {
    this.#sources.delete(source);
  }

  /** Sources of which something is known. */
  sources(): Ipv4Address[] {
    return [...this.#sources.keys()];
  }

  /** The atlases of all sources. */
  all(): SourceAtlas[] {
    return [...this.#sources.values()];
  }

  /** The atlas of one source; `undefined` when nothing is known. */
  of(source: Ipv4Address): SourceAtlas | undefined {
    return this.#sources.get(source);
  }

  /** Paths to a source. */
  traceroutesTo(source: Ipv4Address): readonly AtlasTraceroute[] {
    return [...(this.#sources.get(source)?.paths.values() ?? [])];
  }

  #of(source: Ipv4Address): SourceAtlas {
    const atlas = this.#sources.get(source) ?? new SourceAtlas(source, { ...this.#facts, evidence: this.evidence });
    this.#sources.set(source, atlas);
    return atlas;
  }
}
