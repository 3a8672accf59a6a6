import type { Kysely } from 'kysely';
import type { ColdStore } from '../../cold/cold-store.ts';
import { readMeasurementsById } from '../../results/stored-measurements.ts';
import type { MeasurementRow } from '../../schema/measurements.ts';
import type { Schema } from '../../schema/schema.ts';
import type { SearchOrder } from '../id-range.ts';
import type { MeasurementFilter } from '../measurement-filter.ts';
import type { MeasurementSource, SourceSearch, StoredMeasurements } from '../measurement-source.ts';
import { ResultSearch } from './result-search.ts';

/** Measurements whose results are in the partitions of `results`. */
export class EndedMeasurements implements MeasurementSource {
  readonly #most: number;
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  /** `most`: how many results a step looks at when it follows an index in the order of ids */
  constructor({ most }: { readonly most: number }, { db, cold }: StoredMeasurements) {
    this.#most = most;
    this.#db = db;
    this.#cold = cold;
  }

  search(filter: MeasurementFilter, order: SearchOrder): SourceSearch {
    return new ResultSearch({ filter, order, most: this.#most }, { db: this.#db });
  }

  read(ids: readonly number[]): Promise<readonly MeasurementRow[]> {
    return readMeasurementsById(this.#db, this.#cold, ids);
  }
}
