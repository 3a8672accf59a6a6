import { NetError } from './errors.ts';
import type { Ipv4Address } from './ipv4-address.ts';
import { maskOf, type Prefix } from './prefix.ts';
import { sortPrefixes } from './prefix-sort.ts';

/** The columns of a table to build, all of one length: row `i` maps `addresses[i]/lengths[i]` to `values[i]`. */
export interface PrefixColumns {
  readonly addresses: Uint32Array;
  readonly lengths: Uint8Array;
  /** Any signed 32-bit value except {@link NO_MATCH}. */
  readonly values: Int32Array;
}

/** The result of a lookup when no prefix covers the address. */
export const NO_MATCH = -1;

const MAX_PREFIXES = 0x3fffffff;

/**
 * An immutable table for longest-prefix matching of IPv4 addresses. Of two equal prefixes, the later row wins.
 *
 * The constructor flattens nested prefixes into disjoint intervals in address order. A lookup runs a binary search inside one of
 * 65,536 buckets, one for each upper half of an address.
 */
export class PrefixTable {
  readonly #columns: PrefixColumns;
  readonly #starts: Uint32Array;
  readonly #rows: Int32Array;
  readonly #buckets: Uint32Array;

  /** @throws {NetError} `badPrefixRow` when a length is over 32 or host bits are set, `tooManyPrefixes` over 2^30 rows */
  constructor(columns: PrefixColumns) {
    const count = columns.addresses.length;
    if (count > MAX_PREFIXES) throw new NetError('tooManyPrefixes', `${count} prefixes are too many`, { count });
    for (let i = 0; i < count; i++) {
      const length = columns.lengths[i];
      if (length > 32 || (columns.addresses[i] & maskOf(length)) >>> 0 !== columns.addresses[i]) {
        throw new NetError('badPrefixRow', `row ${i} is not a prefix`, { row: i, length });
      }
    }
    this.#columns = columns;
    const { starts, rows } = flatten(columns, sortPrefixes(columns.addresses, columns.lengths));
    this.#starts = starts;
    this.#rows = rows;
    this.#buckets = indexBuckets(starts);
  }

  /** Builds a small table from objects. @throws {NetError} as the constructor */
  static from(entries: Iterable<{ readonly prefix: Prefix; readonly value: number }>): PrefixTable {
    const rows = [...entries];
    return new PrefixTable({
      addresses: Uint32Array.from(rows, (row) => row.prefix.address),
      lengths: Uint8Array.from(rows, (row) => row.prefix.length),
      values: Int32Array.from(rows, (row) => row.value),
    });
  }

  /** How many prefixes the table was built from. */
  get size(): number {
    return this.#columns.addresses.length;
  }

  /** Memory of the table with its columns, bytes. */
  get byteLength(): number {
    const { addresses, lengths, values } = this.#columns;
    const columns = addresses.byteLength + lengths.byteLength + values.byteLength;
    return columns + this.#starts.byteLength + this.#rows.byteLength + this.#buckets.byteLength;
  }

  /** Returns the value of the longest prefix that covers `address`, or {@link NO_MATCH}. */
  lookup(address: Ipv4Address): number {
    const row = this.#rowOf(address);
    return row < 0 ? NO_MATCH : this.#columns.values[row];
  }

  /** Returns the longest prefix that covers `address`, or `undefined`. */
  lookupPrefix(address: Ipv4Address): Prefix | undefined {
    const row = this.#rowOf(address);
    if (row < 0) return undefined;
    return { address: this.#columns.addresses[row], length: this.#columns.lengths[row] };
  }

  #rowOf(address: Ipv4Address): number {
    const bucket = address >>> 16;
    let low = this.#buckets[bucket];
    let high = this.#buckets[bucket + 1];
    const starts = this.#starts;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle] <= address) low = middle;
      else high = middle - 1;
    }
    return this.#rows[low];
  }
}

/** Sweeps the sorted prefixes with a stack of the open ones: each change of the innermost one starts an interval. */
function flatten(columns: PrefixColumns, order: Uint32Array): { starts: Uint32Array; rows: Int32Array } {
  const count = order.length;
  const starts = new Uint32Array(2 * count + 1);
  const rows = new Int32Array(2 * count + 1);
  const openRows = new Int32Array(34);
  const openEnds = new Float64Array(34);
  let depth = 0;
  let size = 1;
  rows[0] = -1;
  const open = (start: number, row: number): void => {
    if (starts[size - 1] === start) size--;
    if (size > 0 && rows[size - 1] === row) return;
    starts[size] = start;
    rows[size++] = row;
  };
  const closeUpTo = (address: number): void => {
    while (depth > 0 && openEnds[depth - 1] <= address) {
      const end = openEnds[--depth];
      if (end < 2 ** 32) open(end, depth > 0 ? openRows[depth - 1] : -1);
    }
  };
  for (let i = 0; i < count; i++) {
    const row = order[i];
    const start = columns.addresses[row];
    closeUpTo(start);
    const end = start + 2 ** (32 - columns.lengths[row]);
    if (depth > 0 && openEnds[depth - 1] === end && columns.lengths[openRows[depth - 1]] === columns.lengths[row])
      depth--;
    openRows[depth] = row;
    openEnds[depth++] = end;
    open(start, row);
  }
  closeUpTo(2 ** 32);
  return { starts: starts.slice(0, size), rows: rows.slice(0, size) };
}

/** For each upper half of an address, the interval that holds its first address; one more entry ends the last bucket. */
function indexBuckets(starts: Uint32Array): Uint32Array {
  const buckets = new Uint32Array(65537);
  let interval = 0;
  for (let bucket = 0; bucket < 65536; bucket++) {
    const first = bucket * 65536;
    while (interval + 1 < starts.length && starts[interval + 1] <= first) interval++;
    buckets[bucket] = interval;
  }
  buckets[65536] = starts.length - 1;
  return buckets;
}
