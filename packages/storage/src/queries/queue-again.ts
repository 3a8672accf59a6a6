import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';
import type { LeasedTable } from './held-leases.ts';

/** Which leases end. Default: all. */
interface Leased {
  readonly owner?: string | undefined;
  /** Dotted quad; only measurements have a source. */
  readonly source?: string;
}

/** Ends leases on measurements or raw probes, which are queued again. */
export async function queueAgain(db: Kysely<Schema>, table: LeasedTable, { owner, source }: Leased): Promise<void> {
  await db
    .updateTable(table)
    .set({ state: 'queued', lease_owner: null, lease_until: null })
    .where('state', '=', 'running')
    .$if(owner !== undefined, (query) => query.where('lease_owner', '=', owner ?? null))
    .$if(source !== undefined, (query) => query.where(sql<boolean>`source = ${source}`))
    .execute();
}
