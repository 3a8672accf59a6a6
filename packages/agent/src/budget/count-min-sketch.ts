import { mix32 } from '@revtr/probing';

/** Rows of a sketch; a count is exact unless the key collides in every row. */
const ROWS = 4;
/** Columns of a row, a power of two. */
const COLUMNS = 2 ** 16;

/**
 * A table of numbers by 32-bit key in a fixed amount of memory (2 MiB). Keys that collide may read too large a number, never
 * one that is too small (count-min sketch, Cormode and Muthukrishnan, Journal of Algorithms 55, 2005, with conservative update).
 */
export class CountMinSketch {
  readonly #cells = new Float64Array(ROWS * COLUMNS);
  readonly #seeds: readonly number[];

  /** `random`: uniform in [0, 1). It keeps a peer from choosing keys that collide. */
  constructor(collaborators: { readonly random: () => number }) {
    this.#seeds = Array.from({ length: ROWS }, () => Math.floor(collaborators.random() * 2 ** 32));
  }

  get(key: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#cells[this.#cellOf(key, row)]);
    return least;
  }

  /** Raises the number of a key to `value`; lower numbers have no effect. */
  raise(key: number, value: number): void {
    for (let row = 0; row < ROWS; row++) {
      const cell = this.#cellOf(key, row);
      this.#cells[cell] = Math.max(this.#cells[cell], value);
    }
  }

  clear(): void {
    this.#cells.fill(0);
  }

  #cellOf(key: number, row: number): number {
    return row * COLUMNS + (mix32(key ^ this.#seeds[row]) & (COLUMNS - 1));
  }
}
