import { hash32 } from './random.ts';

/** Rounds of the Feistel network. */
const ROUNDS = 4;

/**
 * A pseudo-random permutation of the numbers 0 to `count` - 1 in constant memory: a Feistel network over the smallest square that
 * contains them, with cycle walking (Black and Rogaway, CT-RSA 2002). It spreads the probes to one target over time.
 */
export class PseudoRandomOrder {
  readonly #count: number;
  readonly #side: number;
  readonly #seed: number;

  constructor(options: { readonly count: number; readonly seed: number }) {
    this.#count = options.count;
    this.#side = Math.max(1, Math.ceil(Math.sqrt(options.count)));
    this.#seed = options.seed;
  }

  /** Returns the number at `place`, which is taken modulo the count. */
  at(place: number): number {
    let value = place % this.#count;
    do value = this.#permute(value);
    while (value >= this.#count);
    return value;
  }

  #permute(value: number): number {
    let [left, right] = [Math.floor(value / this.#side), value % this.#side];
    for (let round = 0; round < ROUNDS; round++)
      [left, right] = [right, (left + hash32(right, hash32(this.#seed, round))) % this.#side];
    return left * this.#side + right;
  }
}
