import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { toCleanJson } from '../access/text.ts';
import type { AgentTest } from '../schema/agents.ts';
import type { Schema } from '../schema/schema.ts';

/** Tests of agents with their reports. */
export class AgentTests {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores a test. `report` is any value that JSON can represent; characters in it that the database cannot store are replaced by
   * U+FFFD, because reports quote text from the network.
   */
  async add(test: Omit<AgentTest, 'id'>): Promise<void> {
    await this.#db
      .insertInto('agent_tests')
      .values({ ...test, report: toCleanJson(test.report) })
      .execute();
  }

  /** The last tests of an agent, newest first; `limit` is at most 1,000. @throws {StorageError} `badLimit` */
  async of(address: string, limit: number): Promise<AgentTest[]> {
    return this.#db
      .selectFrom('agent_tests')
      .selectAll()
      .where('address', '=', address)
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }
}
