import { hash32 } from './random.ts';

/** Rounds of the network: four are enough for an order that shows no pattern. */
const ROUNDS = 4;

/**
 * Visits the numbers from 0 to `count`-1 in an order that looks random, each once, without holding them: a Feistel network over the smallest
 * square that holds them, walked until it is back inside (Black and Rogaway 2002). So no target is met by many probes in a row.
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

  /** The number at a place of the order; places are taken modulo the count. */
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
