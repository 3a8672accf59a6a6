import { type Kysely, sql } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import { selectIds } from '../access/select-ids.ts';
import type { Schema } from '../schema/schema.ts';
import { storeResults } from './store-results.ts';

const MOST_CONVERTED = 5_000;

/** Results that were stored as JSON before version 0025 of the schema. They stay readable until they are converted. */
export class JsonResults {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores up to `limit` of them (at most 5,000) as records. Several processes may do so at once. Returns how many it has stored: none are left when
   * it is 0 and no other process converts. @throws {StorageError} `badLimit`
   */
  async convert(limit: number): Promise<number> {
    checkedLimit(limit, MOST_CONVERTED);
    return this.#db.transaction().execute(async (db) => {
      const rows = await db
        .selectFrom('json_results')
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      if (rows.length === 0) return 0;
      const batches = selectIds([...new Set(rows.map(({ batch_id }) => batch_id))]);
      await sql`
        update batches set first_id = ids.first, last_id = ids.last
        from (
          select batch_id, min(id) as first, max(id) as last from json_results where batch_id in (${batches}) group by batch_id
        ) as ids
        where batches.id = ids.batch_id and first_id is null`.execute(db);
      await storeResults(
        db,
        rows.map((row) => ({ ...row, ended_at: row.ended_at ?? row.created_at })),
      );
      await sql`delete from json_results where id in (${selectIds(rows.map(({ id }) => id))})`.execute(db);
      return rows.length;
    });
  }
}
