import type { Kysely } from 'kysely';
import { allRows } from '../access/limits.ts';
import { cleanText } from '../access/text.ts';
import type { Agent, AgentChange, AgentState, NewAgent } from '../schema/agents.ts';
import type { Schema } from '../schema/schema.ts';

const MOST_AGENTS = 100_000;
const READY: AgentState = 'ready';

/** Agents of sources and vantage points. Addresses are dotted quads. */
export class Agents {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Adds an agent. If one with the same address exists, the given columns replace its own, and the others (certificate, test
   * results, quarantine) stay. @throws {StorageError} `badText`
   */
  async put(agent: NewAgent): Promise<void> {
    const { address: _, ...rest } = agent;
    await this.#db
      .insertInto('agents')
      .values(agent)
      .onConflict((conflict) => conflict.column('address').doUpdateSet(rest))
      .execute();
  }

  /**
   * Registers an agent whose address is new, or whose earlier agent is withdrawn: nothing of that one stays, except that a
   * source of the same host does not become public unasked. Returns false, and changes nothing, for an address that is registered. @throws {StorageError} `badText`
   */
  async register(agent: NewAgent): Promise<boolean> {
    return this.#db.transaction().execute((db) => registerAgent(db, agent));
  }

  /** The agent with an address. */
  async find(address: string): Promise<Agent | undefined> {
    return this.#db.selectFrom('agents').selectAll().where('address', '=', address).executeTakeFirst();
  }

  /** All agents by kind and host name. @throws {StorageError} `tooManyRows` above 100,000 */
  async list(): Promise<Agent[]> {
    return allRows(this.#all().orderBy('kind').orderBy('hostname'), 'agents', MOST_AGENTS);
  }

  /** Sources in state `ready` by host name. @throws {StorageError} `tooManyRows` above 100,000 */
  async readySources(): Promise<Agent[]> {
    const ready = this.#all().where('kind', '=', 'source').where('state', '=', READY).orderBy('hostname');
    return allRows(ready, 'sources', MOST_AGENTS);
  }

  /** Changes an agent and returns it; `undefined` when there is none. @throws {StorageError} `badText` */
  async change(address: string, change: AgentChange): Promise<Agent | undefined> {
    // The reason quotes text from the network, and an agent must be quarantined whatever that text says.
    const reason = change.quarantine_reason;
    const clean = typeof reason === 'string' ? { ...change, quarantine_reason: cleanText(reason) } : change;
    return this.#db.updateTable('agents').set(clean).where('address', '=', address).returningAll().executeTakeFirst();
  }

  #all() {
    return this.#db.selectFrom('agents').selectAll();
  }
}

/** What a registration resets. */
const FRESH = {
  certificate_serial: null,
  listening_port: null,
  can_spoof: false,
  quarantine_level: 0,
  quarantined_until: null,
  quarantine_reason: null,
  quarantined_by: null,
  legacy: false,
} as const;

/** {@link Agents.register} inside a transaction. */
export async function registerAgent(db: Kysely<Schema>, agent: NewAgent): Promise<boolean> {
  const { address, ...rest } = agent;
  const stored = await db
    .insertInto('agents')
    .values(agent)
    .onConflict((conflict) =>
      conflict
        .column('address')
        .doUpdateSet((eb) => ({
          ...rest,
          ...FRESH,
          visibility: eb
            .case()
            .when('agents.user_id', '=', eb.ref('excluded.user_id'))
            .then(eb.ref('agents.visibility'))
            .else('public' as const)
            .end(),
        }))
        .where('agents.state', '=', 'withdrawn'),
    )
    .returning('address')
    .executeTakeFirst();
  if (stored !== undefined) await db.deleteFrom('source_shares').where('address', '=', address).execute();
  return stored !== undefined;
}
