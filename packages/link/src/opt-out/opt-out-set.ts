import { createHash } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';
import { formatPrefix, type Prefix, PrefixTable, parsePrefix } from '@revtr/net';
import { LinkError } from '../errors.ts';

/** Entries to add and to remove, prefixes in CIDR notation. */
export interface OptOutChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Lengths 0 to 32 fit below this factor. */
const LENGTHS = 64;
const keyOf = ({ address, length }: Prefix): number => address * LENGTHS + length;
const prefixOfKey = (key: number): Prefix => ({ address: Math.floor(key / LENGTHS), length: key % LENGTHS });

/** An immutable set of networks that opted out of probing. IPv6 prefixes are kept, and play no role in IPv4 look-ups. */
export class OptOutSet {
  static readonly EMPTY = new OptOutSet(new Float64Array(), []);
  /** Sorted and without duplicates. */
  readonly #ipv4: Float64Array;
  /** In canonical form, sorted and without duplicates. */
  readonly #ipv6: readonly string[];
  #digest: string | undefined;

  private constructor(ipv4: Float64Array, ipv6: readonly string[]) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /** Reads prefixes in CIDR notation, in any order. @throws {LinkError} `badOptOut` at the first entry that is not a prefix */
  static parse(prefixes: readonly string[]): OptOutSet {
    const ipv4 = new Float64Array(prefixes.length);
    const ipv6: string[] = [];
    let count = 0;
    for (const [row, text] of prefixes.entries()) {
      if (text.includes(':')) ipv6.push(canonicalIpv6(text, row));
      else ipv4[count++] = keyOfText(text, row);
    }
    return new OptOutSet(sortedUnique(ipv4.subarray(0, count)), [...new Set(ipv6)].sort());
  }

  /** Number of prefixes. */
  get size(): number {
    return this.#ipv4.length + this.#ipv6.length;
  }

  /** SHA-256 over all prefixes in order, base64url. Equal sets have equal digests. */
  get digest(): string {
    if (this.#digest === undefined) {
      const { buffer, byteOffset, byteLength } = this.#ipv4;
      const hash = createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength));
      this.#digest = hash.update(this.#ipv6.join('\n')).digest('base64url');
    }
    return this.#digest;
  }

  /** Prefixes `from` (included) to `to` (excluded) of the sorted set: IPv4 first. */
  slice(from: number, to: number): string[] {
    const { length } = this.#ipv4;
    const ipv4 = Array.from(this.#ipv4.subarray(from, to), (key) => formatPrefix(prefixOfKey(key)));
    return [...ipv4, ...this.#ipv6.slice(Math.max(0, from - length), Math.max(0, to - length))];
  }

  /** The change that turns this set into `next`; `undefined` when it adds or removes more than `most` entries. */
  changeTo(next: OptOutSet, most: number): OptOutChange | undefined {
    const added = missingFrom(this.#ipv4, next.#ipv4, most);
    const removed = missingFrom(next.#ipv4, this.#ipv4, most);
    if (added === undefined || removed === undefined) return undefined;
    const [before, after] = [new Set(this.#ipv6), new Set(next.#ipv6)];
    const change = {
      added: [...added, ...next.#ipv6.filter((text) => !before.has(text))],
      removed: [...removed, ...this.#ipv6.filter((text) => !after.has(text))],
    };
    return change.added.length <= most && change.removed.length <= most ? change : undefined;
  }

  /** The set after a change. @throws {LinkError} `badOptOut` */
  with(change: OptOutChange): OptOutSet {
    const [added, removed] = [OptOutSet.parse(change.added), OptOutSet.parse(change.removed)];
    const gone = new Set(removed.#ipv4);
    const goneIpv6 = new Set(removed.#ipv6);
    const kept = this.#ipv4.filter((key) => !gone.has(key));
    const merged = new Float64Array(kept.length + added.#ipv4.length);
    merged.set(kept);
    merged.set(added.#ipv4, kept.length);
    const ipv6 = [...this.#ipv6.filter((text) => !goneIpv6.has(text)), ...added.#ipv6];
    return new OptOutSet(sortedUnique(merged), [...new Set(ipv6)].sort());
  }

  /** A look-up table of the IPv4 prefixes; a match has the value 1. */
  toTable(): PrefixTable {
    const addresses = Uint32Array.from(this.#ipv4, (key) => Math.floor(key / LENGTHS));
    const lengths = Uint8Array.from(this.#ipv4, (key) => key % LENGTHS);
    return new PrefixTable({ addresses, lengths, values: new Int32Array(addresses.length).fill(1) });
  }
}

function keyOfText(text: string, row: number): number {
  try {
    return keyOf(parsePrefix(text));
  } catch {
    throw badEntry(text, row);
  }
}

/** Converts a prefix to its one canonical spelling (RFC 5952): the digests of the controller and the agent must agree. */
function canonicalIpv6(text: string, row: number): string {
  const slash = text.indexOf('/');
  const [address, length] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  if (!isIPv6(address) || address.includes('%') || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > 128)
    throw badEntry(text, row);
  return `${new SocketAddress({ address, family: 'ipv6' }).address}/${length}`;
}

const badEntry = (text: string, row: number): LinkError<'badOptOut'> => {
  const entry = text.slice(0, 50);
  return new LinkError('badOptOut', `entry ${row} of the opt-out list is not a prefix: '${entry}'`, { entry, row });
};

function sortedUnique(keys: Float64Array): Float64Array {
  const sorted = keys.slice().sort();
  let count = 0;
  for (const key of sorted) if (count === 0 || sorted[count - 1] !== key) sorted[count++] = key;
  return sorted.slice(0, count);
}

/** Entries of `all` that `known` lacks, both sorted; `undefined` when there are more than `most`. */
function missingFrom(known: Float64Array, all: Float64Array, most: number): string[] | undefined {
  const missing: string[] = [];
  let at = 0;
  for (const key of all) {
    while (at < known.length && known[at] < key) at++;
    if (known[at] === key) continue;
    if (missing.length === most) return undefined;
    missing.push(formatPrefix(prefixOfKey(key)));
  }
  return missing;
}
