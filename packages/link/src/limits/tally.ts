/** How much of something each key uses now, and all of them together. Keys that use nothing take no memory. */
export class Tally<Key> {
  readonly #byKey = new Map<Key, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** What one key uses. */
  of(key: Key): number {
    return this.#byKey.get(key) ?? 0;
  }

  /** Adds to what a key uses; a negative amount gives back. */
  add(key: Key, amount: number): void {
    const own = this.of(key) + amount;
    this.#total += amount;
    if (own > 0) this.#byKey.set(key, own);
    else this.#byKey.delete(key);
  }
}
