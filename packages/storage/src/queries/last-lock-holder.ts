import type { Kysely } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/**
 * Which process had the lock on this database last. A process that takes a lost lock again learns from it whether what it has read from the database
 * may have changed meanwhile.
 */
export class LastLockHolder {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The number of the process, see `lockHolder`; `undefined` before the first one. @throws {StorageError} */
  async read(): Promise<number | undefined> {
    const row = await this.#db.selectFrom('last_lock_holder').select('holder').executeTakeFirst();
    return row?.holder;
  }

  /** Stores the number of the process that has the lock now. @throws {StorageError} */
  async replace(holder: number): Promise<void> {
    await this.#db
      .insertInto('last_lock_holder')
      .values({ holder })
      .onConflict((conflict) => conflict.column('is_only').doUpdateSet({ holder }))
      .execute();
  }
}
