/** Most places that can be counted in the code of one process. */
const MOST_PLACES = 2 ** 16;

/** Classes of how often a place ran, as in AFL: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more; one bit each. */
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return [0, 1, 2, 4][count];
  return [8, 16, 32, 64, 64, 128][Math.min(5, Math.floor(Math.log2(count)) - 2)];
});

/**
 * Counts how often each place of the instrumented code ran, and tells which inputs do something new: they reach a place, or a class of
 * counts, that no input before them has reached.
 */
export class CoverageMap {
  /** The counters that instrumented code increments. They wrap at 256. */
  readonly counters = new Uint8Array(MOST_PLACES);
  readonly #words = new Uint32Array(this.counters.buffer);
  readonly #seen = new Uint8Array(MOST_PLACES);
  readonly #literals = new Set<string>();
  #places = 0;

  /** Reserves counters for a module. Returns the index of the first one. @throws {RangeError} when there are too many places */
  reserve(places: number): number {
    const first = this.#places;
    if (first + places > MOST_PLACES) throw new RangeError(`more than ${MOST_PLACES} places to count`);
    this.#places += places;
    return first;
  }

  /** Keeps the text of a literal of instrumented code: parsers compare their input with such texts. */
  addLiteral(text: string): void {
    this.#literals.add(text);
  }

  /** The literals of all instrumented code. */
  get literals(): readonly string[] {
    return [...this.#literals];
  }

  /** Places in all instrumented code, and those of them that ran. */
  get reached(): { readonly places: number; readonly total: number } {
    return { places: this.#seen.reduce((sum, classes) => sum + (classes === 0 ? 0 : 1), 0), total: this.#places };
  }

  /** Forgets what inputs have reached: everything is new again. */
  forget(): void {
    this.clear();
    this.#seen.fill(0);
  }

  /** Forgets the counts of what has run since the last call. */
  clear(): void {
    this.#words.fill(0, 0, (this.#places >>> 2) + 1);
  }

  /** Whether the input since {@link clear} did something new; clears the counts. */
  takeIsNew(): boolean {
    let isNew = false;
    const end = (this.#places >>> 2) + 1;
    for (let word = 0; word < end; word++) {
      if (this.#words[word] === 0) continue;
      for (let place = word * 4; place < word * 4 + 4; place++) {
        const reached = CLASS_OF[this.counters[place]];
        if ((this.#seen[place] & reached) === reached) continue;
        this.#seen[place] |= reached;
        isNew = true;
      }
      this.#words[word] = 0;
    }
    return isNew;
  }
}
