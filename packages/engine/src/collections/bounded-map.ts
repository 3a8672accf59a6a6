/** A map that drops the entry that was set or asked for by {@link BoundedMap.getOrAdd} least recently when it is full. */
export class BoundedMap<Key, Value> {
  readonly #capacity: number;
  readonly #entries = new Map<Key, Value>();

  constructor(options: { /** Most entries. */ readonly capacity: number }) {
    this.#capacity = options.capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** The value of `key`, which is now the most recently used one; `create` makes it when there is none. */
  getOrAdd(key: Key, create: () => Value): Value {
    const value = this.#entries.get(key) ?? create();
    this.set(key, value);
    return value;
  }
}
