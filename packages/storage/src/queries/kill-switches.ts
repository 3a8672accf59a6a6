import type { Kysely } from 'kysely';
import { allRows } from '../access/limits.ts';
import type { KillSwitchRow, KillSwitchScope } from '../schema/kill-switches.ts';
import type { Schema } from '../schema/schema.ts';

const MOST_KILL_SWITCHES = 10_000;

/** Kill switches that are set. */
export class KillSwitchRecords {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a switch; one of the same scope and subject is replaced. @throws {StorageError} `badText` */
  async put(row: KillSwitchRow): Promise<void> {
    const { scope: _scope, subject: _subject, ...rest } = row;
    await this.#db
      .insertInto('kill_switches')
      .values(row)
      .onConflict((conflict) => conflict.columns(['scope', 'subject']).doUpdateSet(rest))
      .execute();
  }

  /** Removes a switch. Returns whether there was one. */
  async remove(scope: KillSwitchScope, subject: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('kill_switches')
      .where('scope', '=', scope)
      .where('subject', '=', subject)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** All switches, in the order in which they were set. @throws {StorageError} `tooManyRows` above 10,000 */
  async list(): Promise<KillSwitchRow[]> {
    return allRows(
      this.#db.selectFrom('kill_switches').selectAll().orderBy('set_at'),
      'kill switches',
      MOST_KILL_SWITCHES,
    );
  }
}
