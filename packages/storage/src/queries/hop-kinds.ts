import { type Kysely, sql, type Transaction } from 'kysely';
import { allRows } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';
import type { HopKindRow } from '../schema/self-audits.ts';

const MOST_KINDS = 1_000;

/** From all kinds as they are stored, those that change, as they are to be stored. */
export type HopKindChange = (rows: readonly HopKindRow[]) => readonly HopKindRow[];

/** What self-audits say about each kind of hop. */
export class HopKinds {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** All kinds, ordered by name. @throws {StorageError} `tooManyRows` above 1,000 */
  async list(): Promise<HopKindRow[]> {
    return listKinds(this.#db);
  }

  /** Changes kinds; several processes may do so at once. Returns all kinds as they are then. */
  async change(change: HopKindChange): Promise<HopKindRow[]> {
    return this.#db.transaction().execute((transaction) => changeKinds(transaction, change));
  }
}

const listKinds = (db: Kysely<Schema>): Promise<HopKindRow[]> =>
  allRows(db.selectFrom('hop_kinds').selectAll().orderBy('kind'), 'kinds of hops', MOST_KINDS);

/** Changes kinds within a transaction, one process after the other. Returns all kinds as they are then. */
export async function changeKinds(transaction: Transaction<Schema>, change: HopKindChange): Promise<HopKindRow[]> {
  await sql`lock table hop_kinds in share row exclusive mode`.execute(transaction);
  for (const row of change(await listKinds(transaction))) {
    const { kind: _kind, ...rest } = row;
    await transaction
      .insertInto('hop_kinds')
      .values(row)
      .onConflict((conflict) => conflict.column('kind').doUpdateSet(rest))
      .execute();
  }
  return listKinds(transaction);
}
