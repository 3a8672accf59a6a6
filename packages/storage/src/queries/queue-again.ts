import type { Kysely } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Ends leases on measurements or raw probes, which are queued again: the leases of `owner`, or all when none is given. */
export async function queueAgain(db: Kysely<Schema>, table: 'measurements' | 'probes', owner?: string): Promise<void> {
  await db
    .updateTable(table)
    .set({ state: 'queued', lease_owner: null, lease_until: null })
    .where('state', '=', 'running')
    .$if(owner !== undefined, (query) => query.where('lease_owner', '=', owner ?? null))
    .execute();
}
