import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Longest time of one statement of a search, milliseconds: each reads a bounded part of an index. */
const STATEMENT_MS = 5_000;

/**
 * Runs a statement of a search. The planner may have no statistics, or old ones: it is kept from reading a whole table, and the statement from
 * taking long. The embedded database has no such time limit. With `isOrdered`, an index must give the order of the rows: nothing is sorted.
 */
export function withQuerySettings<T>(
  db: Kysely<Schema>,
  { isOrdered }: { readonly isOrdered: boolean },
  run: (db: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  const sorting = isOrdered ? 'off' : 'on';
  return db.transaction().execute(async (transaction) => {
    await sql`
      select set_config('statement_timeout', ${String(STATEMENT_MS)}, true), set_config('enable_seqscan', 'off', true),
        set_config('jit', 'off', true), set_config('enable_sort', ${sorting}, true),
        set_config('enable_incremental_sort', ${sorting}, true)`.execute(transaction);
    return run(transaction);
  });
}
