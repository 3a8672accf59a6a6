import type { Ipv4Address } from '@revtr/net';
import { LinkError } from '../errors.ts';
import { type OptOutList, PROTOCOL, type ToAgent, type ToController } from '../messages/messages.ts';
import { AgentSession } from './agent-session.ts';

export interface AgentHubOptions {
  /** PEM of the certificate that grants are signed with. */
  readonly signerCertificate: string;
  /** How long an agent that is gone may come back to its work, milliseconds. Default 60,000. */
  readonly resumeMs?: number;
}

export interface AgentHubCollaborators {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** The list to give to agents that connect. */
  readonly optOut: () => OptOutList;
  /** Told when an agent begins a session, not when it goes on with one. */
  readonly onJoined?: (session: AgentSession) => void;
  /** Told when an agent has not come back in time. */
  readonly onLeft?: (address: Ipv4Address) => void;
}

/** One connection of an agent, as the hub sees it. */
export interface AgentConnection {
  send(message: ToAgent): void;
  /** Ends the connection; the agent is told why. */
  close(reason: string): void;
}

interface Presence {
  readonly session: AgentSession;
  connection: AgentConnection | undefined;
  timer?: NodeJS.Timeout;
}

const DEFAULT_RESUME_MS = 60_000;

/** All agents: who is connected, who may come back, and what each is doing. */
export class AgentHub {
  readonly #options: AgentHubOptions;
  readonly #collaborators: AgentHubCollaborators;
  readonly #presences = new Map<Ipv4Address, Presence>();
  readonly #awaited = new Map<Ipv4Address, Set<(session: AgentSession | undefined) => void>>();

  constructor(options: AgentHubOptions, collaborators: AgentHubCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** The session of an agent that is connected, or was a moment ago. */
  sessionOf(address: Ipv4Address): AgentSession | undefined {
    return this.#presences.get(address)?.session;
  }

  /** The session of an agent, as soon as it connects; `undefined` when it does not in time, or `signal` fires. */
  waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<AgentSession | undefined> {
    const present = this.sessionOf(address);
    if (present !== undefined || signal?.aborted) return Promise.resolve(present);
    return new Promise((resolve) => {
      const finish = (session?: AgentSession): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        this.#awaited.get(address)?.delete(finish);
        resolve(session);
      };
      const stop = (): void => finish();
      const timer = setTimeout(stop, timeoutMs);
      signal?.addEventListener('abort', stop, { once: true });
      this.#awaited.set(address, (this.#awaited.get(address) ?? new Set()).add(finish));
    });
  }

  /** Addresses of agents that are connected. */
  connected(): Ipv4Address[] {
    return [...this.#presences].flatMap(([address, { session }]) => (session.isConnected ? [address] : []));
  }

  /** Takes the first message on a connection of an agent that has proved its address. @throws {LinkError} `badProtocol` */
  join(
    address: Ipv4Address,
    hello: Extract<ToController, { type: 'hello' }>,
    connection: AgentConnection,
  ): AgentSession {
    if (hello.protocol !== PROTOCOL)
      throw new LinkError('badProtocol', `the controller speaks version ${PROTOCOL}, the agent ${hello.protocol}`);
    const before = this.#presences.get(address);
    clearTimeout(before?.timer);
    if (before?.connection !== connection) before?.connection?.close('replaced by another connection of this agent');
    const resumed = before !== undefined && before.session.id === hello.session;
    const { software, window, senderOnly, selfTests } = hello;
    const profile = { software, window, senderOnly, selfTests };
    const session = resumed ? before.session : new AgentSession({ address, profile, predecessor: before?.session });
    this.#presences.set(address, { session, connection });
    connection.send({
      type: 'welcome',
      session: session.id,
      resumed,
      now: this.#collaborators.now(),
      signer: this.#options.signerCertificate,
      optOut: this.#collaborators.optOut(),
    });
    session.attach((message) => connection.send(message), new Set(resumed ? hello.known : []));
    for (const tell of this.#awaited.get(address) ?? []) tell(session);
    this.#awaited.delete(address);
    if (!resumed) this.#collaborators.onJoined?.(session);
    return session;
  }

  /** A connection has ended. The agent's work is kept for a while. */
  left(address: Ipv4Address, connection: AgentConnection): void {
    const presence = this.#presences.get(address);
    if (presence?.connection !== connection) return;
    presence.connection = undefined;
    presence.session.detach();
    presence.timer = setTimeout(() => this.#remove(address, presence), this.#options.resumeMs ?? DEFAULT_RESUME_MS);
  }

  /** Ends an agent's session and connection at once. */
  expel(address: Ipv4Address, reason: string): void {
    const presence = this.#presences.get(address);
    if (presence === undefined) return;
    presence.connection?.close(reason);
    this.#remove(address, presence);
  }

  /** Gives every connected agent the current list of those who want no probes. */
  publishOptOut(): void {
    const optOut = this.#collaborators.optOut();
    for (const { session } of this.#presences.values()) session.tell({ type: 'optOut', optOut });
  }

  /** Ends everything. */
  stop(): void {
    for (const address of [...this.#presences.keys()]) this.expel(address, 'the controller stops');
    for (const waiting of this.#awaited.values()) for (const tell of waiting) tell(undefined);
  }

  #remove(address: Ipv4Address, presence: Presence): void {
    clearTimeout(presence.timer);
    if (this.#presences.get(address) !== presence) return;
    this.#presences.delete(address);
    presence.session.end('the agent is gone');
    this.#collaborators.onLeft?.(address);
  }
}
