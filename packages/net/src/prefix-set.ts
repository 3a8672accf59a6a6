import type { Ipv4Address } from './ipv4-address.ts';
import type { Prefix } from './prefix.ts';

/** Prefixes up to this length have one bit each in a complete binary tree; longer ones are kept per /24. */
const SPLIT = 24;
/** 32-bit words of the tree of one /24: 512 nodes. */
const LEAF_WORDS = 16;
const FIRST_LEAVES = 64;

/**
 * A mutable set of IPv4 prefixes that answers whether any of them contains an address. Adding, deleting and looking up take
 * constant time. The set takes 4 MiB, and about 100 bytes for each /24 that has longer prefixes.
 *
 * Each prefix is one bit in a complete binary tree in heap order: the root is node 1, and node `n` has the children `2n` and
 * `2n + 1`. A look-up tests the bits on the path from the address to the root.
 */
export class PrefixSet {
  readonly #nodes = new Uint32Array(2 ** (SPLIT + 1 - 5));
  /** By the upper 24 bits of an address: which leaf of `#leaves` holds its prefixes longer than /24, and how many there are. */
  readonly #leafOf = new Map<number, { readonly leaf: number; count: number }>();
  readonly #free: number[] = [];
  #leaves = new Uint32Array(FIRST_LEAVES * LEAF_WORDS);
  #nextLeaf = 0;
  #size = 0;

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
    if (length <= SPLIT) {
      const node = nodeOf(address, length);
      if (hasBit(this.#nodes, node)) return false;
      this.#nodes[node >>> 5] |= 1 << (node & 31);
    } else {
      const entry = this.#leafOf.get(address >>> 8) ?? this.#addLeaf(address >>> 8);
      const bit = bitOf(entry.leaf, nodeInLeaf(address, length));
      if (hasBit(this.#leaves, bit)) return false;
      this.#leaves[bit >>> 5] |= 1 << (bit & 31);
      entry.count++;
    }
    this.#size++;
    return true;
  }

  /** Deletes a prefix. Returns whether it was there. Longer and shorter prefixes stay. */
  delete({ address, length }: Prefix): boolean {
    if (length <= SPLIT) {
      const node = nodeOf(address, length);
      if (!hasBit(this.#nodes, node)) return false;
      this.#nodes[node >>> 5] &= ~(1 << (node & 31));
    } else {
      const entry = this.#leafOf.get(address >>> 8);
      const bit = entry === undefined ? 0 : bitOf(entry.leaf, nodeInLeaf(address, length));
      if (entry === undefined || !hasBit(this.#leaves, bit)) return false;
      this.#leaves[bit >>> 5] &= ~(1 << (bit & 31));
      if (--entry.count === 0) {
        this.#leafOf.delete(address >>> 8);
        this.#free.push(entry.leaf);
      }
    }
    this.#size--;
    return true;
  }

  /** Whether a prefix of the set contains `address`. */
  covers(address: Ipv4Address): boolean {
    for (let node = nodeOf(address, SPLIT); node > 0; node >>>= 1) if (hasBit(this.#nodes, node)) return true;
    const entry = this.#leafOf.get(address >>> 8);
    if (entry === undefined) return false;
    for (let node = nodeInLeaf(address, 32); node > 1; node >>>= 1)
      if (hasBit(this.#leaves, bitOf(entry.leaf, node))) return true;
    return false;
  }

  #addLeaf(upper: number): { readonly leaf: number; count: number } {
    const leaf = this.#free.pop() ?? this.#nextLeaf++;
    if ((leaf + 1) * LEAF_WORDS > this.#leaves.length) {
      const grown = new Uint32Array(2 * this.#leaves.length);
      grown.set(this.#leaves);
      this.#leaves = grown;
    }
    const entry = { leaf, count: 0 };
    this.#leafOf.set(upper, entry);
    return entry;
  }
}

/** The node of a prefix of at most 24 bits. Shifts by 32 do nothing in JavaScript, hence the case of length 0. */
const nodeOf = (address: Ipv4Address, length: number): number =>
  length === 0 ? 1 : (1 << length) | (address >>> (32 - length));

/** The node of a prefix of 25 to 32 bits in the tree of its /24. */
const nodeInLeaf = (address: Ipv4Address, length: number): number =>
  (1 << (length - SPLIT)) | ((address & 0xff) >>> (32 - length));

const bitOf = (leaf: number, node: number): number => leaf * LEAF_WORDS * 32 + node;

const hasBit = (words: Uint32Array, bit: number): boolean => (words[bit >>> 5] & (1 << (bit & 31))) !== 0;
