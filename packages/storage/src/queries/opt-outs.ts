import type { Kysely } from 'kysely';
import type { OptOut, Schema } from '../schema.ts';

/** Ranges whose holders want no probes. */
export class OptOuts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async put(prefix: string, reason: string): Promise<void> {
    await this.#db
      .insertInto('opt_outs')
      .values({ prefix, reason })
      .onConflict((conflict) => conflict.column('prefix').doUpdateSet({ reason }))
      .execute();
  }

  /** Returns whether there was one. */
  async remove(prefix: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('opt_outs')
      .where('prefix', '=', prefix)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async list(): Promise<OptOut[]> {
    return this.#db.selectFrom('opt_outs').selectAll().orderBy('prefix').execute();
  }
}
