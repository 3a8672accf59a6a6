import type { Kysely } from 'kysely';
import type { ColdStore } from '../../cold/cold-store.ts';
import { readMeasurementsById } from '../../results/stored-measurements.ts';
import type { MeasurementRow } from '../../schema/measurements.ts';
import type { Schema } from '../../schema/schema.ts';
import { conditionsOnOpen } from '../conditions.ts';
import type { SearchOrder } from '../id-range.ts';
import { isOfEnded, type MeasurementFilter } from '../measurement-filter.ts';
import type { MeasurementSource, SourceSearch, StoredMeasurements } from '../measurement-source.ts';
import { ofUser, readCandidates } from '../ordered-candidates.ts';

/** Measurements that have not ended. Reads those that have ended meanwhile too. */
export class OpenMeasurements implements MeasurementSource {
  readonly #most: number;
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  /** `most`: how many measurements a step looks at */
  constructor({ most }: { readonly most: number }, { db, cold }: StoredMeasurements) {
    this.#most = most;
    this.#db = db;
    this.#cold = cold;
  }

  search(filter: MeasurementFilter, order: SearchOrder): SourceSearch {
    if (isOfEnded(filter)) return { step: async () => ({ ids: [], rest: undefined }) };
    const index = { table: 'measurements', ...ofUser(filter.userId) } as const;
    const conditions = conditionsOnOpen(filter);
    return { step: (range) => readCandidates(this.#db, { index, conditions, range, order, most: this.#most }) };
  }

  read(ids: readonly number[]): Promise<readonly MeasurementRow[]> {
    return readMeasurementsById(this.#db, this.#cold, ids);
  }
}
