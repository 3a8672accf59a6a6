import type { Kysely } from 'kysely';
import type { AgentTest, Schema } from '../schema.ts';

/** What the tests of agents have shown, with evidence. */
export class AgentTests {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores one; `report` is anything that JSON can hold. */
  async add(test: Omit<AgentTest, 'id'>): Promise<void> {
    await this.#db
      .insertInto('agent_tests')
      .values({ ...test, report: JSON.stringify(test.report) })
      .execute();
  }

  /** The last tests of an agent, newest first. */
  async of(address: string, most: number): Promise<AgentTest[]> {
    return this.#db
      .selectFrom('agent_tests')
      .selectAll()
      .where('address', '=', address)
      .orderBy('id', 'desc')
      .limit(most)
      .execute();
  }
}
