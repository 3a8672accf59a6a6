/**
 * Groups of neighbours whose routes to a destination are equally good, so that each router uses the closest of them. A number below that of
 * adjacencies stands for the adjacency itself, a larger one for a group.
 */
export class NeighbourGroups {
  readonly #adjacencies: number;
  readonly #groups: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param adjacencies number of adjacencies of the Internet */
  constructor(adjacencies: number) {
    this.#adjacencies = adjacencies;
  }

  /** Returns the number of a group of adjacencies, in any order. */
  numberOf(adjacencies: readonly number[]): number {
    const sorted = [...adjacencies].sort((a, b) => a - b);
    const key = sorted.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#adjacencies + this.#groups.push(sorted) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Returns the adjacencies that a number stands for. */
  of(number: number): readonly number[] {
    return number < this.#adjacencies ? [number] : this.#groups[number - this.#adjacencies];
  }

  /** Whether a number, which may be that of no route, stands for `adjacency` or for a group with it. */
  contains(number: number, adjacency: number): boolean {
    return number < this.#adjacencies ? number === adjacency : this.of(number).includes(adjacency);
  }
}
