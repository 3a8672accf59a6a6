import type { Kysely } from 'kysely';
import type { ColdStore } from '../cold/cold-store.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { IdRange, SearchOrder } from './id-range.ts';
import type { MeasurementFilter } from './measurement-filter.ts';

/** What a step of a search has found. */
export interface SearchStep {
  /** The ids in the part that was looked at, in the order of the search. */
  readonly ids: readonly number[];
  /** The part that was not looked at, which comes after the other; `undefined` when all was looked at. */
  readonly rest: IdRange | undefined;
}

/** A search in one source. */
export interface SourceSearch {
  /**
   * Looks at a first part of a range, as much as a bounded amount of work permits. Ranges of later calls come after those of earlier ones.
   * @throws {StorageError} errors of the database
   */
  step(range: IdRange): Promise<SearchStep>;
}

/** Where measurements are stored. */
export interface StoredMeasurements {
  readonly db: Kysely<Schema>;
  /** Absent where cold results cannot be read. */
  readonly cold: ColdStore | undefined;
}

/** A place in which measurements are stored, by id. */
export interface MeasurementSource {
  /** Begins to search for the measurements that meet a filter. */
  search(filter: MeasurementFilter, order: SearchOrder): SourceSearch;
  /** The measurements with some ids, at most 250, in any order. Those that this source does not have are left out. */
  read(ids: readonly number[]): Promise<readonly MeasurementRow[]>;
}
