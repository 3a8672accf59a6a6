/** A list whose items are made when they are first asked for. */
export class LazyList<Item> {
  /** Replaced, not extended: an array that grows has room for 16 more. */
  #items: readonly Item[] = [];
  readonly #rest: Iterator<Item>;

  /** @param items makes the items one after the other, for example a generator */
  constructor(items: Iterable<Item>) {
    this.#rest = items[Symbol.iterator]();
  }

  /** The item at a position, from 0; `undefined` behind the last one. */
  at(position: number): Item | undefined {
    while (this.#items.length <= position) {
      const next = this.#rest.next();
      if (next.done === true) return undefined;
      this.#items = this.#items.concat(next.value);
    }
    return this.#items[position];
  }
}
