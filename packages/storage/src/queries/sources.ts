import type { Kysely } from 'kysely';
import type { Schema, Source } from '../schema.ts';

/** Registered sources. */
export class Sources {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds a source or renames the one with its address. */
  async put(source: { readonly address: string; readonly hostname: string; readonly site: string }): Promise<void> {
    await this.#db
      .insertInto('sources')
      .values(source)
      .onConflict((conflict) =>
        conflict.column('address').doUpdateSet({ hostname: source.hostname, site: source.site }),
      )
      .execute();
  }

  async list(): Promise<Source[]> {
    return this.#db.selectFrom('sources').selectAll().orderBy('hostname').execute();
  }
}
