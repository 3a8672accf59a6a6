import type { AgentSession } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import type { AgentDirectory, RegisteredAgent } from './directory.ts';

/** What the controller needs to know about the session of an agent. */
type Session = Pick<AgentSession, 'isConnected' | 'health' | 'profile'>;

/** Which registered agents are connected at this moment, and their sessions. */
export class ConnectedAgents {
  readonly #directory: AgentDirectory;
  readonly #sessionOf: (address: Ipv4Address) => Session | undefined;

  constructor(collaborators: {
    readonly directory: AgentDirectory;
    /** The session of an agent that is connected, or was within the time in which it may resume. */
    readonly sessionOf: (address: Ipv4Address) => Session | undefined;
  }) {
    this.#directory = collaborators.directory;
    this.#sessionOf = collaborators.sessionOf;
  }

  /** The session of an agent; `undefined` when the agent is not connected. */
  sessionOf(address: Ipv4Address): Session | undefined {
    const session = this.#sessionOf(address);
    return session?.isConnected === true ? session : undefined;
  }

  has(address: Ipv4Address): boolean {
    return this.sessionOf(address) !== undefined;
  }

  /** Whether an agent is connected and its prober works, as far as the agent has reported. */
  measures(address: Ipv4Address): boolean {
    const session = this.sessionOf(address);
    return session !== undefined && session.health?.measures !== false;
  }

  /** Connected agents that are in state `ready`, of one kind, in the directory's order. */
  ready(kind: RegisteredAgent['kind']): readonly RegisteredAgent[] {
    return this.#directory
      .list()
      .filter((agent) => agent.kind === kind && agent.state === 'ready' && this.has(agent.address));
  }

  /** Connected agents that participate, whatever their kind. */
  participating(): readonly RegisteredAgent[] {
    return this.#directory.list().filter(({ address }) => this.#directory.participates(address) && this.has(address));
  }
}
