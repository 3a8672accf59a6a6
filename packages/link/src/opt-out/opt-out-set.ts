import type { Prefix, PrefixSet } from '@revtr/net';
import { OptOutDigest } from './opt-out-digest.ts';
import { entryOfPrefix, formatEntry, type OptOutEntry, prefixOfEntry, readEntry } from './opt-out-entry.ts';

/** Entries to add and to remove, prefixes in CIDR notation. */
export interface OptOutChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

interface Difference {
  readonly added: readonly OptOutEntry[];
  readonly removed: readonly OptOutEntry[];
}

/** Both sorted and without duplicates. */
interface Sorted {
  readonly ipv4: Float64Array;
  readonly ipv6: readonly string[];
}

/** Changes are merged into the sorted lists when there are more of them than this, and than a sixteenth of the lists. */
const LEAST_MERGED = 50_000;
const MERGED_SHARE = 16;

/**
 * An immutable set of networks that opted out of probing. IPv6 prefixes are kept, and play no role in IPv4 look-ups.
 *
 * A set shares the sorted lists of the set that it was made from, and keeps the difference: a change of a large set costs as much as
 * the changes since the lists were sorted, not as much as the set.
 */
export class OptOutSet {
  static readonly EMPTY = new OptOutSet({ ipv4: new Float64Array(), ipv6: [] }, OptOutDigest.empty());
  readonly #base: Sorted;
  /** Entries that the base lacks. */
  readonly #added: ReadonlySet<OptOutEntry>;
  /** Entries of the base that are no longer in the set. */
  readonly #removed: ReadonlySet<OptOutEntry>;
  readonly #digest: OptOutDigest;
  #sorted: Sorted | undefined;

  private constructor(
    base: Sorted,
    digest: OptOutDigest,
    added: ReadonlySet<OptOutEntry> = new Set(),
    removed: ReadonlySet<OptOutEntry> = new Set(),
  ) {
    this.#base = base;
    this.#digest = digest;
    this.#added = added;
    this.#removed = removed;
  }

  /** Reads prefixes in CIDR notation, in any order. @throws {LinkError} `badOptOut` at the first entry that is not a prefix */
  static parse(prefixes: readonly string[]): OptOutSet {
    return new OptOutReader().read(prefixes).finish();
  }

  /** A set of IPv4 prefixes in any order, duplicates included. */
  static fromPrefixes(prefixes: readonly Prefix[]): OptOutSet {
    return OptOutSet.of(Float64Array.from(prefixes, entryOfPrefix), []);
  }

  /** A set of entries in any order, duplicates included. */
  static of(ipv4: Float64Array, ipv6: readonly string[]): OptOutSet {
    const base = { ipv4: sortedUnique(ipv4), ipv6: [...new Set(ipv6)].sort() };
    const digest = OptOutDigest.empty();
    for (const entry of base.ipv4) digest.add(entry);
    for (const entry of base.ipv6) digest.add(entry);
    return new OptOutSet(base, digest);
  }

  /** Number of prefixes. */
  get size(): number {
    return this.#base.ipv4.length + this.#base.ipv6.length + this.#added.size - this.#removed.size;
  }

  /** Equal sets have equal digests. */
  get digest(): string {
    return this.#digest.toString();
  }

  /** Whether a prefix in CIDR notation is an entry. @throws {LinkError} `badOptOut` */
  has(prefix: string): boolean {
    const entry = readEntry(prefix, 0);
    return this.#added.has(entry) || (!this.#removed.has(entry) && isIn(this.#base, entry));
  }

  /** Prefixes `from` (included) to `to` (excluded) of the sorted set: IPv4 first. */
  slice(from: number, to: number): string[] {
    const { ipv4, ipv6 } = this.#sort();
    const { length } = ipv4;
    const first = Array.from(ipv4.subarray(from, to), formatEntry);
    return [...first, ...ipv6.slice(Math.max(0, from - length), Math.max(0, to - length))];
  }

  /** The change that turns this set into `next`; `undefined` when it adds or removes more than `most` entries. */
  changeTo(next: OptOutSet, most: number): OptOutChange | undefined {
    const { added, removed } = this.#differenceTo(next);
    if (added.length > most || removed.length > most) return undefined;
    return { added: added.map(formatEntry), removed: removed.map(formatEntry) };
  }

  /** The set after a change, removals first. @throws {LinkError} `badOptOut` */
  with(change: OptOutChange): OptOutSet {
    return this.#after({ added: change.added.map(readEntry), removed: change.removed.map(readEntry) });
  }

  /** The set of all entries of this set and of `other`. */
  union(other: OptOutSet): OptOutSet {
    const { ipv4, ipv6 } = other.#sort();
    return this.#after({ added: [...ipv4, ...ipv6], removed: [] });
  }

  /** Turns a look-up table of the IPv4 prefixes of `before` (default: the empty set) into the table of this set. */
  updateTable(table: PrefixSet, before: OptOutSet = OptOutSet.EMPTY): void {
    const { added, removed } = before.#differenceTo(this);
    for (const entry of removed) if (typeof entry === 'number') table.delete(prefixOfEntry(entry));
    for (const entry of added) if (typeof entry === 'number') table.add(prefixOfEntry(entry));
  }

  #after(change: Difference): OptOutSet {
    const [added, removed, digest] = [new Set(this.#added), new Set(this.#removed), this.#digest.copy()];
    for (const entry of change.removed) {
      if (!added.delete(entry)) {
        if (removed.has(entry) || !isIn(this.#base, entry)) continue;
        removed.add(entry);
      }
      digest.remove(entry);
    }
    for (const entry of change.added) {
      if (!removed.delete(entry)) {
        if (added.has(entry) || isIn(this.#base, entry)) continue;
        added.add(entry);
      }
      digest.add(entry);
    }
    const after = new OptOutSet(this.#base, digest, added, removed);
    const { ipv4, ipv6 } = this.#base;
    const isMerged = added.size + removed.size > Math.max(LEAST_MERGED, (ipv4.length + ipv6.length) / MERGED_SHARE);
    return isMerged ? new OptOutSet(after.#sort(), digest) : after;
  }

  #sort(): Sorted {
    if (this.#added.size === 0 && this.#removed.size === 0) return this.#base;
    this.#sorted ??= this.#merge();
    return this.#sorted;
  }

  #merge(): Sorted {
    const { ipv4, ipv6 } = this.#base;
    const added = [...this.#added];
    const kept = ipv4.filter((entry) => !this.#removed.has(entry));
    const numbers = added.filter((entry) => typeof entry === 'number');
    const merged = new Float64Array(kept.length + numbers.length);
    merged.set(kept);
    merged.set(numbers, kept.length);
    const texts = added.filter((entry) => typeof entry === 'string');
    return { ipv4: merged.sort(), ipv6: [...ipv6.filter((entry) => !this.#removed.has(entry)), ...texts].sort() };
  }

  #differenceTo(next: OptOutSet): Difference {
    if (this.#base === next.#base)
      return {
        added: [...without(next.#added, this.#added), ...without(this.#removed, next.#removed)],
        removed: [...without(this.#added, next.#added), ...without(next.#removed, this.#removed)],
      };
    const [before, after] = [this.#sort(), next.#sort()];
    return {
      added: [...missingFrom(before.ipv4, after.ipv4), ...missingFrom(before.ipv6, after.ipv6)],
      removed: [...missingFrom(after.ipv4, before.ipv4), ...missingFrom(after.ipv6, before.ipv6)],
    };
  }
}

/** Reads a long list part by part. */
export class OptOutReader {
  #ipv4 = new Float64Array(1_024);
  #count = 0;
  readonly #ipv6: string[] = [];
  #rows = 0;

  /** Reads the next part. @throws {LinkError} `badOptOut` at the first entry that is not a prefix */
  read(prefixes: Iterable<string>): this {
    for (const prefix of prefixes) {
      const entry = readEntry(prefix, this.#rows++);
      if (typeof entry === 'string') this.#ipv6.push(entry);
      else this.#push(entry);
    }
    return this;
  }

  /** The set of all that was read. */
  finish(): OptOutSet {
    return OptOutSet.of(this.#ipv4.subarray(0, this.#count), this.#ipv6);
  }

  /** Entries read so far, duplicates included. */
  get rows(): number {
    return this.#rows;
  }

  #push(entry: number): void {
    if (this.#count === this.#ipv4.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#ipv4);
      this.#ipv4 = grown;
    }
    this.#ipv4[this.#count++] = entry;
  }
}

const without = (entries: ReadonlySet<OptOutEntry>, others: ReadonlySet<OptOutEntry>): OptOutEntry[] =>
  [...entries].filter((entry) => !others.has(entry));

function isIn(sorted: Sorted, entry: OptOutEntry): boolean {
  return typeof entry === 'number' ? isAmong(sorted.ipv4, entry) : isAmong(sorted.ipv6, entry);
}

/** Binary search. */
function isAmong<T extends OptOutEntry>(sorted: ArrayLike<T>, entry: T): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < entry) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === entry;
}

function sortedUnique(entries: Float64Array): Float64Array {
  const sorted = entries.slice().sort();
  let count = 0;
  for (const entry of sorted) if (count === 0 || sorted[count - 1] !== entry) sorted[count++] = entry;
  return sorted.slice(0, count);
}

/** Entries of `all` that `known` lacks, both sorted. */
function missingFrom<T extends OptOutEntry>(known: ArrayLike<T>, all: ArrayLike<T>): T[] {
  const missing: T[] = [];
  let at = 0;
  for (let i = 0; i < all.length; i++) {
    while (at < known.length && known[at] < all[i]) at++;
    if (known[at] !== all[i]) missing.push(all[i]);
  }
  return missing;
}
