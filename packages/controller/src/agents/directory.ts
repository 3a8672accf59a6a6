import { isDeepStrictEqual } from 'node:util';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { Agent, AgentChange, AgentState, Agents, NewAgent } from '@revtr/storage';
import { mayFollow, participates } from './agent-states.ts';

/** An agent as the controller knows it: the database row, with its address as a number. */
export interface RegisteredAgent extends Omit<Agent, 'address'> {
  readonly address: Ipv4Address;
}

/** A registration to store. */
export interface NewRegistration extends Omit<NewAgent, 'address'> {
  readonly address: Ipv4Address;
}

const toRegistered = (row: Agent): RegisteredAgent => ({ ...row, address: parseIpv4(row.address) });

/** All agents, in memory because every probe asks for one. The database is written before memory changes. */
export class AgentDirectory {
  readonly #agents: Agents;
  readonly #byAddress = new Map<Ipv4Address, RegisteredAgent>();
  readonly #listeners: (() => void)[] = [];
  readonly #writeListeners: ((address: Ipv4Address) => void)[] = [];
  /** All addresses in the order of {@link list}. It is kept apart because it changes seldom, and the agents change with every connection. */
  #order: readonly Ipv4Address[] | undefined;
  #ordered: readonly RegisteredAgent[] | undefined;
  #participants: readonly Ipv4Address[] | undefined;
  /** For each reading of all agents that is under way: those that were kept meanwhile. */
  readonly #refreshing = new Set<Set<Ipv4Address>>();

  private constructor(agents: Agents) {
    this.#agents = agents;
  }

  /** Reads all agents from the database. */
  static async open(agents: Agents): Promise<AgentDirectory> {
    const directory = new AgentDirectory(agents);
    await directory.refreshAll();
    return directory;
  }

  /** Calls `listener` after every change. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` with each agent that this process has changed in the database. */
  onWritten(listener: (address: Ipv4Address) => void): void {
    this.#writeListeners.push(listener);
  }

  find(address: Ipv4Address): RegisteredAgent | undefined {
    return this.#byAddress.get(address);
  }

  /** An agent, unless it is withdrawn: a withdrawn agent keeps its history and has no rights. */
  findRegistered(address: Ipv4Address): RegisteredAgent | undefined {
    const agent = this.find(address);
    return agent?.state === 'withdrawn' ? undefined : agent;
  }

  /** All agents, ordered by kind and host name. */
  list(): readonly RegisteredAgent[] {
    this.#order ??= [...this.#byAddress.values()]
      .sort((a, b) => a.kind.localeCompare(b.kind) || a.hostname.localeCompare(b.hostname))
      .map(({ address }) => address);
    this.#ordered ??= this.#order.flatMap((address) => this.find(address) ?? []);
    return this.#ordered;
  }

  /** Addresses of the agents that may send probes, see {@link participates}, in the order of {@link list}. */
  participants(): readonly Ipv4Address[] {
    this.#participants ??= this.list().flatMap(({ address, state }) => (participates(state) ? [address] : []));
    return this.#participants;
  }

  /** Sources that are not withdrawn. */
  registeredSources(): readonly RegisteredAgent[] {
    return this.list().filter(({ kind, state }) => kind === 'source' && state !== 'withdrawn');
  }

  /** Sources that measurements may lead to, whether their agents are connected at this moment or not. */
  readySources(): readonly RegisteredAgent[] {
    return this.list().filter(({ kind, state }) => kind === 'source' && state === 'ready');
  }

  /** Whether an agent may send probes, and other agents may send with its address. */
  participates(address: Ipv4Address): boolean {
    const agent = this.find(address);
    return agent !== undefined && participates(agent.state);
  }

  /** Registers an agent; of one that is registered already, replaces what is given. */
  async put(registration: NewRegistration): Promise<void> {
    await this.#agents.put({ ...registration, address: formatIpv4(registration.address) });
    await this.reload(registration.address);
  }

  /**
   * Registers an agent whose address is new, or whose earlier agent is withdrawn. Returns false for an address that is registered, also
   * when somebody else registers it at the same time.
   */
  async register(registration: NewRegistration): Promise<boolean> {
    const isNew = await this.#agents.register({ ...registration, address: formatIpv4(registration.address) });
    await this.reload(registration.address);
    return isNew;
  }

  /** Reads an agent again that another part of this process has written. */
  async reload(address: Ipv4Address): Promise<void> {
    await this.refresh(address);
    this.#announce(address);
  }

  /** Reads an agent again that another process has written. */
  async refresh(address: Ipv4Address): Promise<void> {
    const stored = await this.#agents.find(formatIpv4(address));
    if (stored !== undefined) this.#keep(stored);
  }

  /** Reads all agents again. One that is read or written meanwhile keeps what that has found: it may be newer. */
  async refreshAll(): Promise<void> {
    const meanwhile = new Set<Ipv4Address>();
    this.#refreshing.add(meanwhile);
    try {
      let hasChanged = false;
      for (const row of await this.#agents.list()) {
        const agent = toRegistered(row);
        if (meanwhile.has(agent.address) || isDeepStrictEqual(agent, this.find(agent.address))) continue;
        this.#set(agent);
        hasChanged = true;
      }
      if (hasChanged) this.#changed();
    } finally {
      this.#refreshing.delete(meanwhile);
    }
  }

  /** Changes what is known about an agent, except its state. Returns the agent; `undefined` when there is none. */
  async change(address: Ipv4Address, change: Omit<AgentChange, 'state'>): Promise<RegisteredAgent | undefined> {
    return this.#write(address, change);
  }

  /**
   * Moves an agent to another state. Returns the agent; `undefined` when there is none, or when the state it has by now cannot be
   * followed by `state` (see agent-states.ts), for instance because its owner has withdrawn it.
   */
  async enter(
    address: Ipv4Address,
    state: AgentState,
    change: Omit<AgentChange, 'state'> = {},
  ): Promise<RegisteredAgent | undefined> {
    const agent = this.find(address);
    if (agent === undefined || !mayFollow(agent.state, state)) return undefined;
    return this.#write(address, { ...change, state });
  }

  async #write(address: Ipv4Address, change: AgentChange): Promise<RegisteredAgent | undefined> {
    const changed = await this.#agents.change(formatIpv4(address), change);
    if (changed === undefined) return undefined;
    const agent = this.#keep(changed);
    this.#announce(address);
    return agent;
  }

  #keep(row: Agent): RegisteredAgent {
    const agent = toRegistered(row);
    for (const meanwhile of this.#refreshing) meanwhile.add(agent.address);
    this.#set(agent);
    this.#changed();
    return agent;
  }

  #set(agent: RegisteredAgent): void {
    const before = this.find(agent.address);
    this.#byAddress.set(agent.address, agent);
    this.#ordered = undefined;
    if (before?.kind !== agent.kind || before.hostname !== agent.hostname) this.#order = this.#participants = undefined;
    if (before?.state !== agent.state) this.#participants = undefined;
  }

  #changed(): void {
    for (const tell of this.#listeners) tell();
  }

  #announce(address: Ipv4Address): void {
    for (const tell of this.#writeListeners) tell(address);
  }
}
