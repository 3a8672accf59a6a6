import type { Kysely } from 'kysely';
import { allRows } from '../access/limits.ts';
import type { OptOut } from '../schema/opt-outs.ts';
import type { Schema } from '../schema/schema.ts';

const MOST_OPT_OUTS = 2_000_000;

/** Networks that opted out of probing. Prefixes are text such as `192.0.2.0/24`. */
export class OptOuts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores an opt-out; one of the same prefix gets the new reason. @throws {StorageError} `badText` */
  async put(prefix: string, reason: string): Promise<void> {
    await this.#db
      .insertInto('opt_outs')
      .values({ prefix, reason })
      .onConflict((conflict) => conflict.column('prefix').doUpdateSet({ reason }))
      .execute();
  }

  /** Removes the opt-out of a prefix. Returns whether there was one. */
  async remove(prefix: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('opt_outs')
      .where('prefix', '=', prefix)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** All opt-outs by prefix. @throws {StorageError} `tooManyRows` above 2,000,000, because no opt-out may be left out */
  async list(): Promise<OptOut[]> {
    return allRows(this.#db.selectFrom('opt_outs').selectAll().orderBy('prefix'), 'opt-outs', MOST_OPT_OUTS);
  }
}
