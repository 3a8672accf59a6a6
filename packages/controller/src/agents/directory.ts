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

/** What has become of an agent that was read or written. */
type Taken = 'new' | 'same' | 'older';

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
  /** Counts the beginnings of reads and the ends of writes. */
  #steps = 0;
  /** The step of what is known about each agent: what a read that began before it finds is older. */
  readonly #knownSince = new Map<Ipv4Address, number>();

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

  /** Reads an agent again that another process has written; once more, if it was written or read meanwhile: either may be newer. */
  async refresh(address: Ipv4Address): Promise<void> {
    let taken: Taken = 'older';
    while (taken === 'older') {
      const began = ++this.#steps;
      const row = await this.#agents.find(formatIpv4(address));
      taken = row === undefined ? 'same' : this.#take(toRegistered(row), began);
    }
    if (taken === 'new') this.#changed();
  }

  /** Reads all agents again. One that is written meanwhile, or found by a read that began later, stays as it is: it may be newer. */
  async refreshAll(): Promise<void> {
    const began = ++this.#steps;
    const taken = (await this.#agents.list()).map((row) => this.#take(toRegistered(row), began));
    if (taken.includes('new')) this.#changed();
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
    const agent = toRegistered(changed);
    if (this.#take(agent, ++this.#steps) === 'new') this.#changed();
    this.#announce(address);
    return agent;
  }

  /** Keeps what was found by a read that began at a step, or by a write that ended at it, unless what is known is newer. */
  #take(agent: RegisteredAgent, step: number): Taken {
    if (step < (this.#knownSince.get(agent.address) ?? 0)) return 'older';
    this.#knownSince.set(agent.address, step);
    if (isDeepStrictEqual(agent, this.find(agent.address))) return 'same';
    this.#set(agent);
    return 'new';
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
