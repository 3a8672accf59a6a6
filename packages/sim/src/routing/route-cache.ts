/** What the cache keeps of one route: an estimate of its size, bytes. */
interface Kept {
  readonly bytes: number;
}

/** Bytes of an entry beside what it refers to. */
const ENTRY_BYTES = 64;

/**
 * A cache of bounded size for the routes of several states of an Internet. When it is half full, the entries that nobody has used since the last
 * time are dropped.
 */
export class RouteCache<T extends Kept> {
  readonly #mostBytes: number;
  #young = new Map<number, T>();
  #old = new Map<number, T>();
  #bytes = 0;
  readonly #prepends = new WeakMap<object, number>();
  /** Numbers of the states that were asked for since the two last times that entries were dropped. */
  #youngStates = new Map<string, number>();
  #oldStates = new Map<string, number>();
  #prependings = 0;
  #statesNumbered = 0;

  /** @param mostBytes bound on the bytes of all entries together */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /**
   * Returns the number of a state, which is part of the keys of its entries: of the same prepending (by identity) and the same adjacencies that
   * are down. A state that nobody has asked for in a long time gets a new number: its entries were dropped.
   */
  stateNumber(prepends: object, down: readonly number[]): number {
    const prepending = this.#prepends.get(prepends) ?? this.#prependings++;
    this.#prepends.set(prepends, prepending);
    const key = `${prepending} ${down.toSorted((a, b) => a - b).join()}`;
    const number = this.#youngStates.get(key) ?? this.#oldStates.get(key) ?? this.#statesNumbered++;
    this.#youngStates.set(key, number);
    return number;
  }

  /** Returns the entry of a key, if the cache still has it. */
  get(key: number): T | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Adds an entry. */
  set(key: number, entry: T): void {
    this.#young.set(key, entry);
    this.#bytes += entry.bytes + ENTRY_BYTES;
    if (2 * this.#bytes < this.#mostBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#oldStates = this.#youngStates;
    this.#youngStates = new Map();
    this.#bytes = 0;
  }
}
