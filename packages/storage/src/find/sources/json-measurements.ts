import { type Kysely, sql } from 'kysely';
import type { ColdStore } from '../../cold/cold-store.ts';
import { readMeasurementsById } from '../../results/stored-measurements.ts';
import type { MeasurementRow } from '../../schema/measurements.ts';
import type { Schema } from '../../schema/schema.ts';
import { byOrder, type SearchOrder } from '../id-range.ts';
import { type MeasurementFilter, meets } from '../measurement-filter.ts';
import type { MeasurementSource, SearchStep, SourceSearch, StoredMeasurements } from '../measurement-source.ts';
import { ofUser, readCandidates } from '../ordered-candidates.ts';

/** How many measurements a step looks at: it reads their results. */
const MOST = 250;

/** Results of versions before 0025 of the schema that are not converted yet. There is no index of what is in them. */
export class JsonMeasurements implements MeasurementSource {
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  constructor({ db, cold }: StoredMeasurements) {
    this.#db = db;
    this.#cold = cold;
  }

  search(filter: MeasurementFilter, order: SearchOrder): SourceSearch {
    const index = { table: 'json_results', ...ofUser(filter.userId) } as const;
    const step = async (range: Parameters<SourceSearch['step']>[0]): Promise<SearchStep> => {
      const query = { index, conditions: sql`true`, range, order, most: MOST };
      const { ids, rest } = await readCandidates(this.#db, query);
      const rows = (await this.read(ids)).filter((row) => meets(row, filter));
      return { ids: rows.map(({ id }) => id).sort(byOrder(order)), rest };
    };
    return { step };
  }

  read(ids: readonly number[]): Promise<readonly MeasurementRow[]> {
    return readMeasurementsById(this.#db, this.#cold, ids);
  }
}
