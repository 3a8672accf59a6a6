import type { Ipv4Address } from '@revtr/net';
import { LinkError } from '../errors.ts';
import { MOST_SOURCES, PROTOCOL } from '../messages/limits.ts';
import type { Switches } from '../messages/safety.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { AgentHealth, ToController } from '../messages/to-controller.ts';
import { type OptOutList, OptOutPublisher } from '../opt-out/opt-out-publisher.ts';
import { AgentSession } from './agent-session.ts';
import { AgentState, sourcesDelta, type Topic, type Versioned } from './agent-state.ts';
import { HealthReports } from './health-reports.ts';

export interface AgentHubOptions {
  /** PEM of the certificate that grants are signed with, with its chain. */
  readonly signerCertificate: string;
  /** Contact that probes carry, a URI of at most 64 characters (RFC 9511). Default: none. */
  readonly contact?: string | undefined;
  /** How long an agent may take to reconnect and resume its work, milliseconds. Default 60,000. */
  readonly resumeMs?: number;
}

export interface AgentHubCollaborators {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** The opt-out list. */
  readonly optOut: () => OptOutList;
  /** Sources that spoofed probes may claim. Agents refuse all others. */
  readonly sources: () => readonly Ipv4Address[];
  /** Called when an agent begins a session, not when it resumes one. */
  readonly onJoined?: (session: AgentSession) => void;
  /** Called when an agent has not reconnected in time. */
  readonly onLeft?: (address: Ipv4Address) => void;
  /** Called when an agent reports something new about whether it measures, at most once a second for each agent. */
  readonly onHealth?: (address: Ipv4Address, health: AgentHealth) => void;
  /** Called with an opt-out list or source list that cannot be published. The version before stays in force. */
  readonly onUnpublishable?: (error: LinkError) => void;
}

/** One connection of an agent, as the hub sees it. */
export interface AgentConnection {
  /** Whether the agent accepts changes of the list of sources. Default: no. */
  readonly acceptsSourceChanges?: boolean;
  send(message: ToAgent): void;
  /** Ends the connection and tells the agent why. */
  close(reason: string): void;
}

interface Presence {
  readonly session: AgentSession;
  connection: AgentConnection | undefined;
  state: AgentState;
  readonly health: HealthReports;
  timer?: NodeJS.Timeout;
}

type Hello = Extract<ToController, { type: 'hello' }>;
/** Messages about the published state and the agent's health. */
type Report = Extract<ToController, { type: 'health' | 'applied' | 'optOutRequest' | 'optOutResync' }>;

const DEFAULT_RESUME_MS = 60_000;
const ALL_ON: Switches = { probing: true, spoofing: true, blockedTargets: [], blockedSources: [] };

/** All agents: which are connected, which may resume, what each is doing, and what is published to them. */
export class AgentHub {
  readonly #options: AgentHubOptions;
  readonly #collaborators: AgentHubCollaborators;
  readonly #presences = new Map<Ipv4Address, Presence>();
  /** Connections that were admitted and have not said `hello`. */
  readonly #strangers = new Map<AgentConnection, Ipv4Address>();
  readonly #awaited = new Map<Ipv4Address, Set<(session: AgentSession | undefined) => void>>();
  readonly #optOuts = new OptOutPublisher();
  #signerCertificate: string;
  #switches: Versioned<Switches> = { version: 1, value: ALL_ON };
  /** Agents that must not probe, whatever {@link Switches} allow. */
  #stopped: ReadonlySet<Ipv4Address> = new Set();
  #sources: Versioned<readonly Ipv4Address[]> = { version: 0, value: [] };

  constructor(options: AgentHubOptions, collaborators: AgentHubCollaborators) {
    this.#options = options;
    this.#signerCertificate = options.signerCertificate;
    this.#collaborators = collaborators;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#collaborators.now();
  }

  /** The session of an agent that is connected or may still resume. */
  sessionOf(address: Ipv4Address): AgentSession | undefined {
    return this.#presences.get(address)?.session;
  }

  /** The session of an agent as soon as it connects; `undefined` when it does not in time, or when `signal` fires. */
  waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<AgentSession | undefined> {
    const present = this.sessionOf(address);
    if (present !== undefined || signal?.aborted) return Promise.resolve(present);
    return new Promise((resolve) => {
      const finish = (session?: AgentSession): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        const waiting = this.#awaited.get(address);
        waiting?.delete(finish);
        if (waiting?.size === 0) this.#awaited.delete(address);
        resolve(session);
      };
      const stop = (): void => finish();
      const timer = setTimeout(stop, timeoutMs);
      signal?.addEventListener('abort', stop, { once: true });
      this.#awaited.set(address, (this.#awaited.get(address) ?? new Set()).add(finish));
    });
  }

  /** Addresses of the agents that are connected. */
  connected(): Ipv4Address[] {
    return [...this.#presences].flatMap(([address, { session }]) => (session.isConnected ? [address] : []));
  }

  /** A connection was admitted and has not said `hello` yet. {@link expel} closes it like the others. */
  admitted(address: Ipv4Address, connection: AgentConnection): void {
    this.#strangers.set(connection, address);
  }

  /** Takes the `hello` of an agent that has proved its address. @throws {LinkError} `badProtocol` */
  join(address: Ipv4Address, hello: Hello, connection: AgentConnection): AgentSession {
    const { protocol: received, software, window, senderOnly, selfTests } = hello;
    if (received !== PROTOCOL) {
      const message = `the controller speaks version ${PROTOCOL} of the protocol, the agent version ${received}`;
      throw new LinkError('badProtocol', message, { expected: PROTOCOL, received });
    }
    this.#strangers.delete(connection);
    const before = this.#presences.get(address);
    clearTimeout(before?.timer);
    if (before?.connection !== connection) before?.connection?.close('the agent connected again');
    const resumed = before !== undefined && before.session.id === hello.session;
    const profile = { software, window, senderOnly, selfTests };
    const session = resumed ? before.session : new AgentSession({ address, profile, predecessor: before?.session });
    const send = (message: ToAgent): void => connection.send(message);
    const { acceptsSourceChanges = false } = connection;
    const state = new AgentState(
      { acceptsSourceChanges },
      { send, optOuts: this.#optOuts, now: this.#collaborators.now },
    );
    this.#readLists();
    if (resumed) before.health.reconnected();
    else before?.health.stop();
    const health = resumed
      ? before.health
      : new HealthReports((changed) => this.#collaborators.onHealth?.(address, changed));
    this.#presences.set(address, { session, connection, state, health });
    const { contact } = this.#options;
    send({
      type: 'welcome',
      session: session.id,
      resumed,
      now: this.now(),
      signer: this.#signerCertificate,
      ...(contact !== undefined && { contact }),
    });
    state.sendAll({ switches: this.#switchesFor(address), sources: this.#sources, optOuts: this.#optOuts });
    session.attach(send, new Set(resumed ? hello.known : []));
    for (const tell of this.#awaited.get(address) ?? []) tell(session);
    if (!resumed) this.#collaborators.onJoined?.(session);
    return session;
  }

  /** Takes a report of a connected agent. @throws {LinkError} `badMessage` */
  receive(address: Ipv4Address, message: Report): void {
    const presence = this.#presences.get(address);
    if (presence === undefined) return;
    const { state, session, health } = presence;
    if (message.type === 'applied') state.applied(message.topic, message.version);
    else if (message.type === 'optOutRequest') state.request(message.version, message.index);
    else if (message.type === 'optOutResync') state.resync();
    else {
      session.health = message.health;
      health.receive(message.health);
    }
  }

  /** A connection has ended. The hub keeps the agent's work for `resumeMs`. */
  left(address: Ipv4Address, connection: AgentConnection): void {
    this.#strangers.delete(connection);
    const presence = this.#presences.get(address);
    if (presence?.connection !== connection) return;
    presence.connection = undefined;
    presence.session.detach();
    presence.timer = setTimeout(() => this.#remove(address, presence), this.#options.resumeMs ?? DEFAULT_RESUME_MS);
  }

  /** Closes all connections of an agent, those without a `hello` included. Its session may be resumed. */
  disconnect(address: Ipv4Address, reason: string): void {
    for (const [connection, of] of this.#strangers) {
      if (of !== address) continue;
      this.#strangers.delete(connection);
      connection.close(reason);
    }
    this.#presences.get(address)?.connection?.close(reason);
  }

  /**
   * Grants are signed with another certificate from now on (PEM, with its chain). Agents learn it when they connect, so that all
   * connections are closed; agents resume their sessions.
   */
  renewSigner(certificate: string): void {
    this.#signerCertificate = certificate;
    for (const address of new Set([...this.#presences.keys(), ...this.#strangers.values()]))
      this.disconnect(address, 'the controller renewed its certificates');
  }

  /** Ends an agent's session and all its connections at once. */
  expel(address: Ipv4Address, reason: string): void {
    this.disconnect(address, reason);
    const presence = this.#presences.get(address);
    if (presence !== undefined) this.#remove(address, presence);
  }

  /**
   * Sends what changed in the opt-out list to every connected agent. A list that is too long is not published. Returns the version
   * that agents acknowledge, see {@link unapplied}; `undefined` before the first list.
   */
  publishOptOut(): number | undefined {
    try {
      const update = this.#optOuts.publish(this.#collaborators.optOut());
      this.#tellAll((state) => state.sendOptOuts(update));
    } catch (error) {
      this.#unpublishable(error);
    }
    return this.#optOuts.current?.version;
  }

  /** Sends what changed in the list of active sources to every connected agent. */
  publishSources(): void {
    const before = this.#sources;
    if (!this.#readSources()) return;
    const delta = sourcesDelta(before, this.#sources);
    this.#tellAll((state) => state.sendSources(this.#sources, delta));
  }

  /**
   * Sends new kill switches to every agent, which applies them at once to queued and running probes. Agents that connect later
   * get them as well. Agents in `stopped` must not probe at all. Returns the version that agents acknowledge, see {@link unapplied}.
   */
  publishSwitches(switches: Switches, stopped: ReadonlySet<Ipv4Address> = new Set()): number {
    this.#switches = { version: this.#switches.version + 1, value: switches };
    this.#stopped = stopped;
    for (const [address, { state, connection }] of this.#presences)
      if (connection !== undefined) state.sendSwitches(this.#switchesFor(address));
    return this.#switches.version;
  }

  /** Connected agents that have not acknowledged a version of a topic, or a newer one. */
  unapplied(topic: Topic, version: number): Ipv4Address[] {
    const lags = (state: AgentState): boolean => (state.appliedVersion(topic) ?? -1) < version;
    return this.connected().filter((address) => {
      const presence = this.#presences.get(address);
      return presence !== undefined && lags(presence.state);
    });
  }

  /** Ends everything. */
  stop(): void {
    const reason = 'the controller stops';
    for (const address of new Set([...this.#presences.keys(), ...this.#strangers.values()]))
      this.expel(address, reason);
    for (const waiting of this.#awaited.values()) for (const tell of waiting) tell(undefined);
  }

  #switchesFor(address: Ipv4Address): Versioned<Switches> {
    const { version, value } = this.#switches;
    return this.#stopped.has(address) ? { version, value: { ...value, probing: false } } : { version, value };
  }

  /** Reads both lists for an agent that connects: the first one finds none. */
  #readLists(): void {
    if (this.#optOuts.current === undefined) this.publishOptOut();
    this.publishSources();
  }

  #readSources(): boolean {
    const addresses = [...this.#collaborators.sources()];
    if (addresses.length > MOST_SOURCES) {
      const message = `there are more than ${MOST_SOURCES} active sources`;
      this.#unpublishable(new LinkError('overloaded', message, { limit: MOST_SOURCES }));
      return false;
    }
    const { version, value } = this.#sources;
    if (version > 0 && value.length === addresses.length && value.every((address, i) => address === addresses[i]))
      return false;
    this.#sources = { version: version + 1, value: addresses };
    return true;
  }

  #tellAll(tell: (state: AgentState) => void): void {
    for (const { connection, state } of this.#presences.values()) if (connection !== undefined) tell(state);
  }

  #unpublishable(error: unknown): void {
    if (!(error instanceof LinkError)) throw error;
    this.#collaborators.onUnpublishable?.(error);
  }

  #remove(address: Ipv4Address, presence: Presence): void {
    clearTimeout(presence.timer);
    if (this.#presences.get(address) !== presence) return;
    this.#presences.delete(address);
    presence.health.stop();
    presence.session.end('the agent did not reconnect');
    this.#collaborators.onLeft?.(address);
  }
}
