import type { Kysely } from 'kysely';
import type { Agent, AgentChange, NewAgent, Schema } from '../schema.ts';

/** Agents of sources and vantage points, by address. */
export class Agents {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds an agent; of one with its address, changes what is given. What it has proved about itself stays. */
  async put(agent: NewAgent): Promise<void> {
    const { address: _, ...rest } = agent;
    await this.#db
      .insertInto('agents')
      .values(agent)
      .onConflict((conflict) => conflict.column('address').doUpdateSet(rest))
      .execute();
  }

  async find(address: string): Promise<Agent | undefined> {
    return this.#db.selectFrom('agents').selectAll().where('address', '=', address).executeTakeFirst();
  }

  async list(): Promise<Agent[]> {
    return this.#db.selectFrom('agents').selectAll().orderBy('kind').orderBy('hostname').execute();
  }

  /** Sources that reverse traceroutes can lead to now. */
  async readySources(): Promise<Agent[]> {
    return this.#db
      .selectFrom('agents')
      .selectAll()
      .where('kind', '=', 'source')
      .where('state', '=', 'ready')
      .orderBy('hostname')
      .execute();
  }

  /** Changes an agent and returns it; `undefined` when there is none. */
  async change(address: string, change: AgentChange): Promise<Agent | undefined> {
    return this.#db.updateTable('agents').set(change).where('address', '=', address).returningAll().executeTakeFirst();
  }
}
