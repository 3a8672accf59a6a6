import { type AgentDirectory, type AgentEvents, ConnectedAgents } from '@revtr/controller';
import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';

/** Time from the approval of a source until its simulated agent connects, milliseconds. */
const CONNECTS_AFTER_MS = 3_000;

/** What the controller knows about the session of a simulated agent. */
const SESSION = {
  isConnected: true,
  health: undefined,
  profile: { software: 'simulated agent', window: 10_000, senderOnly: false, selfTests: [] },
} as const;

/**
 * Agents of simulated hosts. The agent of a host connects by itself as soon as the controller has registered the host, and stays
 * connected. The controller then tests it like any other agent.
 */
export class SimulatedAgents {
  readonly connected: ConnectedAgents;
  readonly #hosts: ReadonlySet<Ipv4Address>;
  readonly #directory: AgentDirectory;
  readonly #events: AgentEvents;
  readonly #clock: Clock;
  readonly #joined = new Set<Ipv4Address>();
  readonly #away = new Set<Ipv4Address>();
  readonly #stopping = new AbortController();

  constructor(
    options: { readonly hosts: Iterable<Ipv4Address> },
    collaborators: { readonly directory: AgentDirectory; readonly events: AgentEvents; readonly clock: Clock },
  ) {
    const { directory, events, clock } = collaborators;
    this.#hosts = new Set(options.hosts);
    this.#directory = directory;
    this.#events = events;
    this.#clock = clock;
    this.connected = new ConnectedAgents({
      directory,
      sessionOf: (address) => (this.#joined.has(address) ? SESSION : undefined),
    });
  }

  /** Connects the agents of all registered hosts, and from now on those of hosts that are registered later. */
  start(): void {
    this.#directory.subscribe(() => this.#connect(CONNECTS_AFTER_MS));
    this.#connect(0);
  }

  /** Disconnects an agent, which connects again if its host is still registered. */
  expel(address: Ipv4Address): void {
    this.#joined.delete(address);
    this.#connect(CONNECTS_AFTER_MS);
  }

  /** Disconnects an agent until {@link comeBack}. */
  leave(address: Ipv4Address): void {
    this.#away.add(address);
    this.#joined.delete(address);
  }

  /** Lets an agent connect again that has left. */
  comeBack(address: Ipv4Address): void {
    this.#away.delete(address);
    this.#connect(CONNECTS_AFTER_MS);
  }

  stop(): void {
    this.#stopping.abort();
  }

  #connect(afterMs: number): void {
    for (const { address } of this.#directory.list())
      if (this.#hosts.has(address) && !this.#joined.has(address)) void this.#connectLater(address, afterMs);
  }

  async #connectLater(address: Ipv4Address, afterMs: number): Promise<void> {
    const { signal } = this.#stopping;
    if (afterMs > 0) await this.#clock.sleep(afterMs, signal).catch(() => undefined);
    if (signal.aborted || this.#joined.has(address) || this.#away.has(address)) return;
    if (this.#directory.findRegistered(address) === undefined) return;
    this.#joined.add(address);
    this.#events.joined(address);
  }
}
