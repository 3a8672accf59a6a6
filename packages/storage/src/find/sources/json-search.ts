import { type Kysely, sql } from 'kysely';
import type { MeasurementRow } from '../../schema/measurements.ts';
import type { Schema } from '../../schema/schema.ts';
import { byOrder } from '../id-range.ts';
import { meets } from '../measurement-filter.ts';
import { ofUser, readCandidates } from '../ordered-candidates.ts';
import type { SearchQuery, SourceSearch } from '../source-search.ts';

/** How many measurements a step looks at: it reads their results. */
const MOST = 250;

interface JsonSearchCollaborators {
  readonly db: Kysely<Schema>;
  /** The measurements with some ids. */
  readonly read: (ids: readonly number[]) => Promise<readonly MeasurementRow[]>;
}

/** Finds results of versions before 0025 of the schema that are not converted yet. There is no index of what is in them. */
export function searchJson({ filter, order }: SearchQuery, { db, read }: JsonSearchCollaborators): SourceSearch {
  const index = { table: 'json_results', ...ofUser(filter.userId) } as const;
  return {
    step: async (range) => {
      const query = { index, conditions: sql`true`, range, order, most: MOST };
      const { ids, rest } = await readCandidates(db, query);
      const rows = (await read(ids)).filter((row) => meets(row, filter));
      return { ids: rows.map(({ id }) => id).sort(byOrder(order)), rest };
    },
  };
}
