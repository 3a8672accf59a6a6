import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Tables with rows that processes lease. */
export type LeasedTable = 'measurements' | 'probes';

/**
 * Selects the id of a row if `owner` holds it. A join with the conditions on state and owner would be slow: the planner, which may have no
 * statistics, expects one running row at most, and compares every running row with every id. `for update` keeps this part of the plan apart. Select
 * from it in a materialized query: a planner that believes the table to be empty would ask for each id again for each row of the table.
 */
export const heldBy = (table: LeasedTable, owner: string, id: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select held.id from ${sql.table(table)} as held
  where held.id = ${id} and held.state = 'running' and held.lease_owner = ${owner} for update`;

/** Extends leases that `owner` has until `until`. */
export async function renewLeases(
  db: Kysely<Schema>,
  table: LeasedTable,
  { owner, ids, until }: { readonly owner: string; readonly ids: readonly number[]; readonly until: Date },
): Promise<void> {
  if (ids.length === 0) return;
  const inOrder = JSON.stringify([...ids].sort((a, b) => a - b));
  await sql`
    with held as materialized (
      select held.id
      from jsonb_array_elements_text(${inOrder}::jsonb) as wanted(id), lateral (${heldBy(table, owner, sql`wanted.id::bigint`)}) as held
    )
    update ${sql.table(table)} as leased set lease_until = ${until} from held where leased.id = held.id`.execute(db);
}
