import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { AtlasMatchKind } from '../path/hop.ts';
import { type Placement, placeStamps, type TailStamps } from './placing.ts';
import type { AtlasTraceroute } from './traceroute.ts';

/** Where an address meets a traceroute. */
interface Entry {
  readonly traceroute: AtlasTraceroute;
  /** Bounds of the position; equal but for Record Route addresses that lie between hops. */
  readonly first: number;
  readonly last: number;
  readonly isRecordRoute: boolean;
}

/** A traceroute that an address lies on, and what follows it there. */
export interface Intersection {
  readonly match: AtlasMatchKind;
  readonly traceroute: AtlasTraceroute;
  /** Hops from behind the address to the source; `isBetween` when a hop may lie before the address. */
  readonly tail: readonly { readonly address: Ipv4Address; readonly isBetween: boolean }[];
}

export interface IntersectionQuery {
  readonly source: Ipv4Address;
  readonly address: Ipv4Address;
  /** Traceroutes older than this are not used, milliseconds since the Unix epoch. */
  readonly oldest: number;
  /** Whether Record Route addresses count. */
  readonly useRecordRoute: boolean;
}

/** The traceroutes of one source, by address and by router. */
class SourceIndex {
  readonly tails: TailStamps[] = [];
  readonly traceroutes = new Map<number, AtlasTraceroute>();
  readonly byAddress = new Map<Ipv4Address, Entry>();
  readonly byRouter = new Map<number, Entry>();
}

/** Forward traceroutes to each source and the Record Route addresses placed in them, held in memory. */
export class Atlas {
  readonly #aliases: Aliases;
  readonly #sources = new Map<Ipv4Address, SourceIndex>();

  constructor(aliases: Aliases) {
    this.#aliases = aliases;
  }

  add(traceroute: AtlasTraceroute): void {
    const index = this.#indexOf(traceroute.source);
    index.traceroutes.set(traceroute.id, traceroute);
    traceroute.hops.forEach((address, position) => {
      if (address === undefined || position === traceroute.hops.length - 1) return;
      this.#offer(index, address, { traceroute, first: position, last: position, isRecordRoute: false });
    });
  }

  /** Places what Record Route pings to the hops have shown. Returns the placements by traceroute. */
  addTails(source: Ipv4Address, tails: readonly TailStamps[]): Map<AtlasTraceroute, Placement[]> {
    const index = this.#indexOf(source);
    index.tails.push(...tails);
    const byTarget = new Map<Ipv4Address, TailStamps[]>();
    for (const tail of tails) byTarget.set(tail.target, [...(byTarget.get(tail.target) ?? []), tail]);
    const placed = new Map<AtlasTraceroute, Placement[]>();
    for (const traceroute of index.traceroutes.values()) {
      const own = traceroute.hops.flatMap((hop) => (hop === undefined ? [] : (byTarget.get(hop) ?? [])));
      const placements = placeStamps(traceroute, own, this.#aliases);
      for (const { address, first, last } of placements) {
        this.#offer(index, address, { traceroute, first, last, isRecordRoute: true });
      }
      placed.set(traceroute, placements);
    }
    return placed;
  }

  /** The best traceroute through an address: the closest match, then the most recent. */
  intersect(query: IntersectionQuery): Intersection | undefined {
    const index = this.#sources.get(query.source);
    if (index === undefined) return undefined;
    const exact = index.byAddress.get(query.address);
    if (exact !== undefined && isUsable(exact, query)) return intersection(exact, kindOf(exact));
    const alias = index.byRouter.get(this.#aliases.routerKey(query.address));
    return alias !== undefined && isUsable(alias, query) ? intersection(alias, 'alias') : undefined;
  }

  /** Forgets everything about a source. */
  clear(source: Ipv4Address): void {
    this.#sources.delete(source);
  }

  /** Traceroutes to a source. */
  traceroutesTo(source: Ipv4Address): readonly AtlasTraceroute[] {
    return [...(this.#sources.get(source)?.traceroutes.values() ?? [])];
  }

  /** What Record Route pings to the hops have shown so far. */
  tailsTo(source: Ipv4Address): readonly TailStamps[] {
    return this.#sources.get(source)?.tails ?? [];
  }

  /** Distinct responsive hops of the traceroutes to a source, origins and the source left out. */
  hopsTo(source: Ipv4Address): Ipv4Address[] {
    const hops = this.traceroutesTo(source).flatMap((traceroute) => traceroute.hops.slice(1, -1));
    return [...new Set(hops)].filter((hop) => hop !== undefined);
  }

  #indexOf(source: Ipv4Address): SourceIndex {
    const index = this.#sources.get(source) ?? new SourceIndex();
    this.#sources.set(source, index);
    return index;
  }

  #offer(index: SourceIndex, address: Ipv4Address, entry: Entry): void {
    const known = index.byAddress.get(address);
    if (known === undefined || isBetter(entry, known)) index.byAddress.set(address, entry);
    if (entry.first !== entry.last) return;
    const key = this.#aliases.routerKey(address);
    const sibling = index.byRouter.get(key);
    if (sibling === undefined || isBetter(entry, sibling)) index.byRouter.set(key, entry);
  }
}

/** Hops of the traceroute before Record Route addresses, narrow bounds before wide ones, fresh before old, short before long. */
function isBetter(entry: Entry, known: Entry): boolean {
  if (entry.isRecordRoute !== known.isRecordRoute) return !entry.isRecordRoute;
  const width = entry.last - entry.first - (known.last - known.first);
  if (width !== 0) return width < 0;
  const rest = ({ traceroute, last }: Entry): number => traceroute.hops.length - last;
  const ageMs = known.traceroute.at - entry.traceroute.at;
  return Math.abs(ageMs) > 3_600_000 ? ageMs < 0 : rest(entry) < rest(known);
}

function isUsable(entry: Entry, query: IntersectionQuery): boolean {
  return entry.traceroute.at >= query.oldest && (query.useRecordRoute || !entry.isRecordRoute);
}

function kindOf(entry: Entry): AtlasMatchKind {
  if (!entry.isRecordRoute) return 'exact';
  return entry.first === entry.last ? 'recordRoute' : 'recordRouteBetween';
}

function intersection({ traceroute, first, last }: Entry, match: AtlasMatchKind): Intersection {
  const tail = traceroute.hops.flatMap((address, position) =>
    address === undefined || position <= first ? [] : [{ address, isBetween: position <= last && first !== last }],
  );
  return { match, traceroute, tail };
}
