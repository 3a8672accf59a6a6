import type { Kysely } from 'kysely';
import type { Schema } from '../../schema/schema.ts';
import { conditionsOnOpen } from '../conditions.ts';
import { isOfEnded } from '../measurement-filter.ts';
import { ofUser, readCandidates } from '../ordered-candidates.ts';
import type { SearchQuery, SourceSearch } from '../source-search.ts';

/** Finds measurements that have not ended. `most`: how many of them a step looks at */
export function searchOpen(
  { filter, order, most }: SearchQuery & { readonly most: number },
  { db }: { readonly db: Kysely<Schema> },
): SourceSearch {
  if (isOfEnded(filter)) return { step: async () => ({ ids: [], rest: undefined }) };
  const index = { table: 'measurements', ...ofUser(filter.userId) } as const;
  const conditions = conditionsOnOpen(filter);
  return { step: (range) => readCandidates(db, { index, conditions, range, order, most }) };
}
