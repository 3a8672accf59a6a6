import type { Kysely } from 'kysely';
import { Turns } from '../access/turns.ts';
import type { ColdStore } from '../cold/cold-store.ts';
import { readMeasurementsById } from '../results/stored-measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { rangeAfter, type SearchOrder } from './id-range.ts';
import type { MeasurementFilter } from './measurement-filter.ts';
import { MeasurementSearch } from './measurement-search.ts';
import { searchCold } from './sources/cold-search.ts';
import { searchJson } from './sources/json-search.ts';
import { searchOpen } from './sources/open-search.ts';
import { ResultSearch } from './sources/result-search.ts';
import { idsOf } from './submitted-between.ts';

const MOST_PER_STEP = 2_000;
const MOST_STEPS = 300;
/** Statements of all searches at a time: a pool has ten connections. */
const MOST_PARALLEL = 4;

/** How to search. */
export interface SearchOptions {
  readonly order: SearchOrder;
  /** Find what comes after the measurement with this id, in the order of the search. Default: from the beginning. */
  readonly after?: number | undefined;
  /** Ends the search. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** Finds measurements of a user by any combination of conditions. The work of a search is bounded, and split into small statements. */
export class MeasurementFinder {
  readonly #mostPerStep: number;
  readonly #mostSteps: number;
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;
  readonly #turns = new Turns(MOST_PARALLEL);

  constructor(
    /** Cold results cannot be found without `cold`. */
    { db, cold }: { readonly db: Kysely<Schema>; readonly cold?: ColdStore | undefined },
    {
      mostPerStep = MOST_PER_STEP,
      mostSteps = MOST_STEPS,
    }: {
      /** Measurements that a step looks at, and that it finds, at most. Default 2,000. */
      readonly mostPerStep?: number;
      /** Statements of a search. Default 300. */
      readonly mostSteps?: number;
    } = {},
  ) {
    this.#mostPerStep = mostPerStep;
    this.#mostSteps = mostSteps;
    this.#db = db;
    this.#cold = cold;
  }

  /** Begins a search. @throws {StorageError} `badText`, and errors of the database */
  async begin(filter: MeasurementFilter, { order, after, signal }: SearchOptions): Promise<MeasurementSearch> {
    const ids = await this.#turns.run(() => idsOf(this.#db, filter));
    const range = ids && after !== undefined ? rangeAfter(ids, after, order) : ids;
    const [query, most] = [{ filter, order }, this.#mostPerStep];
    const stored = { db: this.#db, cold: this.#cold };
    const read = (ids: readonly number[]) => readMeasurementsById(stored.db, stored.cold, ids);
    // In the order in which a measurement moves from one place to another.
    const searches = [
      searchOpen({ ...query, most }, stored),
      searchJson(query, { ...stored, read }),
      new ResultSearch({ ...query, most }, stored),
      searchCold(query, stored),
    ];
    return new MeasurementSearch(
      { order, range, mostSteps: this.#mostSteps, signal },
      { searches, read, turns: this.#turns },
    );
  }
}
