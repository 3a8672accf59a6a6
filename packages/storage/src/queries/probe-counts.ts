import type { Kysely } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** A journal of packets that are counted for the daily budgets. The writer defines the format of an entry. */
export class ProbeCounts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds an entry. `day` is in days since the Unix epoch, UTC. */
  async append(day: number, counts: Uint8Array): Promise<void> {
    await this.#db.insertInto('probe_counts').values({ day, counts }).execute();
  }

  /** Replaces the whole journal, all days. */
  async replace(day: number, entries: readonly Uint8Array[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('probe_counts').execute();
      for (const counts of entries) await transaction.insertInto('probe_counts').values({ day, counts }).execute();
    });
  }

  /** The entries of a day in the order in which they were added; read one at a time, because they may be large. */
  async *entries(day: number): AsyncGenerator<Uint8Array> {
    let last = 0;
    for (;;) {
      const row = await this.#db
        .selectFrom('probe_counts')
        .select(['id', 'counts'])
        .where('day', '=', day)
        .where('id', '>', last)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return;
      yield row.counts;
      last = row.id;
    }
  }
}
