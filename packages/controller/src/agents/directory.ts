import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { Agent, AgentChange, Agents, NewAgent } from '@revtr/storage';

/**
 * States in which an agent probes, and its address may be claimed by others' probes. One in quarantine is used for tests, its own
 * and those of others; measurements ask for `ready`.
 */
const ACTIVE = new Set<Agent['state']>(['testing', 'preparing', 'ready', 'quarantined']);

/** All agents in memory, as the database has them: every probe asks. Changes are written first. */
export class AgentDirectory {
  readonly #agents: Agents;
  readonly #byAddress = new Map<Ipv4Address, Agent>();
  readonly #listeners: (() => void)[] = [];

  private constructor(agents: Agents) {
    this.#agents = agents;
  }

  /** Reads all agents. */
  static async open(agents: Agents): Promise<AgentDirectory> {
    const directory = new AgentDirectory(agents);
    for (const agent of await agents.list()) directory.#byAddress.set(parseIpv4(agent.address), agent);
    return directory;
  }

  /** Tells of every change from now on. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  find(address: Ipv4Address): Agent | undefined {
    return this.#byAddress.get(address);
  }

  list(): readonly Agent[] {
    return [...this.#byAddress.values()];
  }

  /** Whether an agent takes part: whether it may probe, and others may claim it. */
  isActive(address: Ipv4Address): boolean {
    const agent = this.find(address);
    return agent !== undefined && ACTIVE.has(agent.state);
  }

  async put(agent: NewAgent): Promise<void> {
    await this.#agents.put(agent);
    const stored = await this.#agents.find(agent.address);
    if (stored !== undefined) this.#keep(stored);
  }

  /** Changes an agent and returns it; `undefined` when there is none. */
  async change(address: Ipv4Address, change: AgentChange): Promise<Agent | undefined> {
    const changed = await this.#agents.change(formatIpv4(address), change);
    if (changed !== undefined) this.#keep(changed);
    return changed;
  }

  #keep(agent: Agent): void {
    this.#byAddress.set(parseIpv4(agent.address), agent);
    for (const tell of this.#listeners) tell();
  }
}
