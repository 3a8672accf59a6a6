import type { Kysely } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** A journal of packets that are counted for the daily budgets. Each process writes its own entries, and defines their format. */
export class ProbeCounts {
  readonly #db: Kysely<Schema>;
  readonly #writer: string;

  /** @param writer name of this process, unique among running ones */
  constructor(db: Kysely<Schema>, writer: string) {
    this.#db = db;
    this.#writer = writer;
  }

  /** Adds an entry. `day` is in days since the Unix epoch, UTC. */
  async append(day: number, counts: Uint8Array): Promise<void> {
    await this.#db.insertInto('probe_counts').values({ writer: this.#writer, day, counts }).execute();
  }

  /** Replaces the entries of this process, and removes those of earlier days. */
  async replace(day: number, entries: readonly Uint8Array[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom('probe_counts')
        .where((where) => where.or([where('writer', '=', this.#writer), where('day', '<', day)]))
        .execute();
      const writer = this.#writer;
      for (const counts of entries)
        await transaction.insertInto('probe_counts').values({ writer, day, counts }).execute();
    });
  }

  /** The entries of a day, of all processes, in the order in which they were added; read one at a time, because they may be large. */
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
