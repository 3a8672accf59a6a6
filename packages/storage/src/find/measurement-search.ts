import type { Turns } from '../access/turns.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import { byOrder, type IdRange, rangeBefore, rangeFrom, rangeWithout, type SearchOrder } from './id-range.ts';
import type { SourceSearch } from './source-search.ts';

/** What one source still has to look at, and what it has found ahead of the others. */
interface SourceState {
  readonly search: SourceSearch;
  rest: IdRange | undefined;
  found: number[];
}

const MOST_READ = 250;
/** Steps for which the last source waits after it had nothing: it then looks at the parts of several steps at once. */
const MOST_WAITED = 8;

/**
 * Finds measurements in several sources, in the order of their ids. A measurement can move from a source to one that is listed after it, at
 * any time: no source looks at a range before those listed before it have done so.
 */
export class MeasurementSearch {
  readonly #order: SearchOrder;
  readonly #signal: AbortSignal | undefined;
  readonly #states: readonly SourceState[];
  readonly #read: (ids: readonly number[]) => Promise<readonly MeasurementRow[]>;
  readonly #turns: Turns;
  /** Ids to read, in order. */
  #found: number[] = [];
  #stepsLeft: number;
  /** Steps for which the last source still waits. */
  #waitLeft = 0;
  #last: number | undefined;

  constructor(
    options: {
      readonly order: SearchOrder;
      readonly range: IdRange | undefined;
      /** Most steps, in all sources together. */
      readonly mostSteps: number;
      readonly signal?: AbortSignal | undefined;
    },
    collaborators: {
      /** One for each source. */
      readonly searches: readonly SourceSearch[];
      /** The measurements with some ids, at most 250, ascending. Those that were deleted are left out. */
      readonly read: (ids: readonly number[]) => Promise<readonly MeasurementRow[]>;
      readonly turns: Turns;
    },
  ) {
    this.#order = options.order;
    this.#signal = options.signal;
    this.#stepsLeft = options.mostSteps;
    this.#read = collaborators.read;
    this.#turns = collaborators.turns;
    this.#states = collaborators.searches.map((search) => ({ search, rest: options.range, found: [] }));
  }

  /**
   * The next measurements, at most `limit`. When there are fewer, all were found, or the search has done as much work as it may: `next` tells
   * the two apart. @throws {StorageError} errors of the database
   */
  async read(limit: number): Promise<readonly MeasurementRow[]> {
    const rows: MeasurementRow[] = [];
    while (rows.length < limit) {
      const wanted = Math.min(limit - rows.length, MOST_READ);
      while (this.#found.length < wanted && (await this.#step()));
      const ids = this.#found.splice(0, wanted);
      if (ids.length === 0) break;
      this.#last = ids.at(-1);
      rows.push(...(await this.#rowsOf(ids)));
    }
    return rows;
  }

  /** The id after which another search must begin to go on with this one; `undefined` when all was found. */
  get next(): number | undefined {
    const rest = this.#states.at(-1)?.rest;
    if (this.#found.length > 0 && this.#last !== undefined) return this.#last;
    if (rest === undefined) return undefined;
    return this.#order === 'oldest' ? rest.from - 1 : rest.to;
  }

  /** Lets one source look at a part. Returns whether it has, rather than having nothing to do, or no more steps. */
  async #step(): Promise<boolean> {
    if (this.#stepsLeft === 0 || this.#signal?.aborted) return false;
    const last = this.#states.length - 1;
    for (let i = this.#isLastWaiting() ? last - 1 : last; i >= 0; i--) {
      const state = this.#states[i];
      const before = i === 0 ? undefined : this.#states[i - 1].rest;
      const part = state.rest && rangeBefore(state.rest, before, this.#order);
      if (state.rest === undefined || part === undefined) continue;
      this.#stepsLeft--;
      const { ids, rest } = await this.#turns.run(() => state.search.step(part));
      state.found.push(...ids);
      state.rest =
        rest === undefined ? rangeWithout(state.rest, part, this.#order) : rangeFrom(state.rest, rest, this.#order);
      this.#waitLeft--;
      if (i === last) {
        this.#waitLeft = ids.length === 0 && rest === undefined ? MOST_WAITED : 0;
        this.#gather();
      }
      return true;
    }
    return false;
  }

  /**
   * Whether the last source lets the one before it go on. It does not wait when that one has found something, and takes the last step, because the
   * next search begins where the last source stopped.
   */
  #isLastWaiting(): boolean {
    const before = this.#states.at(-2);
    return this.#waitLeft > 0 && this.#stepsLeft > 1 && before?.rest !== undefined && before.found.length === 0;
  }

  /** Takes what was found in the part that every source has looked at, which is the part of the last one. */
  #gather(): void {
    const { rest } = this.#states[this.#states.length - 1];
    const isBefore = (id: number): boolean =>
      rest === undefined || (this.#order === 'oldest' ? id < rest.from : id >= rest.to);
    const gathered = new Set<number>();
    for (const state of this.#states) {
      for (const id of state.found) if (isBefore(id)) gathered.add(id);
      state.found = state.found.filter((id) => !isBefore(id));
    }
    this.#found.push(...[...gathered].sort(byOrder(this.#order)));
  }

  /** The measurements with some ids, in the order of the search. */
  async #rowsOf(ids: readonly number[]): Promise<readonly MeasurementRow[]> {
    const rows = await this.#turns.run(() => this.#read(ids));
    return this.#order === 'oldest' ? rows : rows.toReversed();
  }
}
