import type { IdRange, SearchOrder } from './id-range.ts';
import type { MeasurementFilter } from './measurement-filter.ts';

/** What to find, and in which order. */
export interface SearchQuery {
  readonly filter: MeasurementFilter;
  readonly order: SearchOrder;
}

/** What a step of a search has found. */
export interface SearchStep {
  /** The ids in the part that was looked at, in the order of the search. */
  readonly ids: readonly number[];
  /** The part that was not looked at, which comes after the other; `undefined` when all was looked at. */
  readonly rest: IdRange | undefined;
}

/** A search in one of the places in which measurements are stored. */
export interface SourceSearch {
  /**
   * Looks at a first part of a range, as much as a bounded amount of work permits. Ranges of later calls come after those of earlier ones.
   * @throws {StorageError} errors of the database
   */
  step(range: IdRange): Promise<SearchStep>;
}
