import { createHash } from 'node:crypto';
import { hash32 } from '@revtr/probing';
import type { OptOutEntry } from './opt-out-entry.ts';

const SEEDS = [0x2545f491, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];

/**
 * A digest of a set that follows additions and removals in constant time: four sums of hashes of the entries, modulo 2^32. It shows
 * that two honest programs hold the same set. It does not resist forgery, from which the connection protects.
 */
export class OptOutDigest {
  readonly #words: Uint32Array;

  private constructor(words: Uint32Array) {
    this.#words = words;
  }

  static empty(): OptOutDigest {
    return new OptOutDigest(new Uint32Array(SEEDS.length));
  }

  copy(): OptOutDigest {
    return new OptOutDigest(this.#words.slice());
  }

  add(entry: OptOutEntry): void {
    this.#change(entry, 1);
  }

  remove(entry: OptOutEntry): void {
    this.#change(entry, -1);
  }

  toString(): string {
    return Array.from(this.#words, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  #change(entry: OptOutEntry, sign: 1 | -1): void {
    if (typeof entry === 'string') {
      const hash = createHash('sha256').update(entry).digest();
      for (let i = 0; i < SEEDS.length; i++) this.#words[i] += sign * hash.readUInt32BE(4 * i);
      return;
    }
    const [low, high] = [entry >>> 0, Math.floor(entry / 2 ** 32)];
    for (let i = 0; i < SEEDS.length; i++) this.#words[i] += sign * hash32(hash32(low, SEEDS[i]), high);
  }
}
