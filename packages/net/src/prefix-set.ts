import type { Ipv4Address } from './ipv4-address.ts';
import type { Prefix } from './prefix.ts';

/** 32-bit words of one tree: 512 bits, a cache line. */
const WORDS = 16;
/** Trees of the prefixes from /1 to /8, from /9 to /16 and from /17 to /24, one after the other. */
const TREES = 1 + 256 + 65_536;
const FIRST_LEAVES = 64;

/**
 * A mutable set of IPv4 prefixes that answers whether any of them contains an address. Adding, deleting and looking up take
 * constant time. The set takes 6 MiB, and about 100 bytes for each /24 that has longer prefixes.
 *
 * Each prefix is one bit in a complete binary tree that covers one byte of the address, in heap order: node 1 is the root, and node
 * `n` has the children `2n` and `2n + 1`. A look-up tests the bits on the path to the root in the four trees of the address.
 */
export class PrefixSet {
  readonly #trees = new Uint32Array(TREES * WORDS);
  /** Trees of the prefixes from /25 to /32, for each /24 that has any. */
  #leaves = new Uint32Array(FIRST_LEAVES * WORDS);
  /** Which /24 has a leaf, one bit each: most look-ups need not ask the map. */
  readonly #hasLeaf = new Uint32Array(2 ** 19);
  /** By the upper 24 bits of an address. */
  readonly #leafOf = new Map<number, number>();
  /** Prefixes in each leaf. */
  #counts = new Uint16Array(FIRST_LEAVES);
  readonly #free: number[] = [];
  #nextLeaf = 0;
  #size = 0;
  #hasDefault = false;

  /** Builds a set. */
  static from(prefixes: Iterable<Prefix>): PrefixSet {
    const set = new PrefixSet();
    for (const prefix of prefixes) set.add(prefix);
    return set;
  }

  /** Number of prefixes. */
  get size(): number {
    return this.#size;
  }

  /** Adds a prefix. Returns whether it was missing. */
  add({ address, length }: Prefix): boolean {
    const isAdded = length > 24 ? this.#addToLeaf(address, length) : this.#set(address, length, true);
    if (isAdded) this.#size++;
    return isAdded;
  }

  /** Deletes a prefix. Returns whether it was there. Longer and shorter prefixes stay. */
  delete({ address, length }: Prefix): boolean {
    const isDeleted = length > 24 ? this.#deleteFromLeaf(address, length) : this.#set(address, length, false);
    if (isDeleted) this.#size--;
    return isDeleted;
  }

  /** Whether a prefix of the set contains `address`. */
  covers(address: Ipv4Address): boolean {
    if (this.#hasDefault || holds(this.#trees, 0, address >>> 24)) return true;
    if (holds(this.#trees, 1 + (address >>> 24), (address >>> 16) & 0xff)) return true;
    if (holds(this.#trees, 257 + (address >>> 16), (address >>> 8) & 0xff)) return true;
    const upper = address >>> 8;
    if ((this.#hasLeaf[upper >>> 5] & (1 << (upper & 31))) === 0) return false;
    const leaf = this.#leafOf.get(upper);
    return leaf !== undefined && holds(this.#leaves, leaf, address & 0xff);
  }

  #set(address: Ipv4Address, length: number, isIn: boolean): boolean {
    if (length === 0) {
      const isChanged = this.#hasDefault !== isIn;
      this.#hasDefault = isIn;
      return isChanged;
    }
    const tree = length > 16 ? 257 + (address >>> 16) : length > 8 ? 1 + (address >>> 24) : 0;
    return setBit(this.#trees, bitOf(tree, address, length), isIn);
  }

  #addToLeaf(address: Ipv4Address, length: number): boolean {
    const leaf = this.#leafOf.get(address >>> 8) ?? this.#newLeaf(address >>> 8);
    const isAdded = setBit(this.#leaves, bitOf(leaf, address, length), true);
    if (isAdded) this.#counts[leaf]++;
    return isAdded;
  }

  #deleteFromLeaf(address: Ipv4Address, length: number): boolean {
    const upper = address >>> 8;
    const leaf = this.#leafOf.get(upper);
    if (leaf === undefined || !setBit(this.#leaves, bitOf(leaf, address, length), false)) return false;
    if (--this.#counts[leaf] === 0) {
      this.#leafOf.delete(upper);
      setBit(this.#hasLeaf, upper, false);
      this.#free.push(leaf);
    }
    return true;
  }

  #newLeaf(upper: number): number {
    const leaf = this.#free.pop() ?? this.#nextLeaf++;
    if (leaf === this.#counts.length) {
      const [leaves, counts] = [new Uint32Array(2 * leaf * WORDS), new Uint16Array(2 * leaf)];
      leaves.set(this.#leaves);
      counts.set(this.#counts);
      [this.#leaves, this.#counts] = [leaves, counts];
    }
    this.#leafOf.set(upper, leaf);
    setBit(this.#hasLeaf, upper, true);
    return leaf;
  }
}

/** The bit of a prefix, not of length 0, in the tree that its last bit belongs to. */
function bitOf(tree: number, address: Ipv4Address, length: number): number {
  const depth = ((length - 1) & 7) + 1;
  const byte = (address >>> (32 - (length - depth) - 8)) & 0xff;
  return tree * WORDS * 32 + ((1 << depth) | (byte >>> (8 - depth)));
}

/** Whether a tree has a bit on the path from a byte to its root. */
function holds(words: Uint32Array, tree: number, byte: number): boolean {
  const first = tree * WORDS;
  for (let node = 256 | byte; node > 1; node >>>= 1)
    if ((words[first + (node >>> 5)] & (1 << (node & 31))) !== 0) return true;
  return false;
}

/** Sets or clears a bit. Returns whether that changed it. */
function setBit(words: Uint32Array, bit: number, isOn: boolean): boolean {
  const mask = 1 << (bit & 31);
  if (((words[bit >>> 5] & mask) !== 0) === isOn) return false;
  words[bit >>> 5] ^= mask;
  return true;
}
