import type { AgentHub, AgentProfile, AgentSession, GrantSigner, Outcome, RunOptions, Work } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock, PingReply, PingRequest, Spoof, SpoofMark } from '@revtr/probing';
import { NO_TRACING, type Tracing } from '@revtr/tracing';

/** What an agent is asked to do. A spoofed probe has no grant yet: it is signed where the agent is connected. */
export type AgentTask =
  | Exclude<Work, { readonly kind: 'emit' }>
  | {
      readonly kind: 'emit';
      readonly request: PingRequest;
      readonly spoof: Spoof;
      readonly mark: SpoofMark;
      readonly measurement: string | number | undefined;
    };

/** A reply to a spoofed probe that an agent of revtr 2.0 has reported: without its packet, and the round-trip time is not known. */
export type ReportedReply = Omit<PingReply, 'rttMs'>;

/** What a task resulted in. Only an agent of revtr 2.0 reports a reply; the packets that others report are checked by whoever asked for them. */
export type AgentOutcome = Outcome | { readonly kind: 'reported'; readonly reply: ReportedReply };

/** An agent that work can be given to. */
export interface ReachableAgent extends Pick<AgentSession, 'address' | 'isConnected' | 'health'> {
  readonly profile: AgentProfile;
  /** Runs a task. @throws {LinkError} `closed`, `overloaded`; {BusError}; {ProbingError} */
  run(task: AgentTask, options: RunOptions): Promise<AgentOutcome>;
}

/** The agents that work can be given to: those of this process, or those of other gateways. */
export interface AgentAccess {
  /** An agent that is connected, or may still resume its session. */
  find(address: Ipv4Address): ReachableAgent | undefined;
  /** An agent as soon as it connects; `undefined` when it does not in time, or when `signal` fires. */
  waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<ReachableAgent | undefined>;
}

/** The agents that are connected to this process. */
export class LocalAgents implements AgentAccess {
  readonly #hub: Pick<AgentHub, 'sessionOf' | 'waitFor'>;
  readonly #grants: GrantSigner;
  readonly #clock: Clock;
  readonly #tracing: Tracing;

  constructor(collaborators: {
    readonly hub: Pick<AgentHub, 'sessionOf' | 'waitFor'>;
    readonly grants: GrantSigner;
    readonly clock: Clock;
    /** Default: no traces. */
    readonly tracing?: Tracing;
  }) {
    this.#hub = collaborators.hub;
    this.#grants = collaborators.grants;
    this.#clock = collaborators.clock;
    this.#tracing = collaborators.tracing ?? NO_TRACING;
  }

  find(address: Ipv4Address): ReachableAgent | undefined {
    const session = this.#hub.sessionOf(address);
    return session && this.#reachable(session);
  }

  async waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<ReachableAgent | undefined> {
    const session = await this.#hub.waitFor(address, timeoutMs, signal);
    return session && this.#reachable(session);
  }

  #reachable(session: AgentSession): ReachableAgent {
    return {
      address: session.address,
      isConnected: session.isConnected,
      health: session.health,
      profile: session.profile,
      run: (task, options) => this.#run(session, task, options),
    };
  }

  #run(session: AgentSession, task: AgentTask, options: RunOptions): Promise<Outcome> {
    const build = (): Work => this.#toWork(task);
    const tracing = this.#tracing;
    if (!tracing.isOn) return session.run(build, options);
    const attributes = { 'revtr.agent': formatIpv4(session.address) };
    return tracing.child(`link ${task.kind}`, { kind: 'client', attributes }, () =>
      session.run(build, { ...options, trace: tracing.carried() }),
    );
  }

  #toWork(task: AgentTask): Work {
    if (task.kind !== 'emit') return task;
    const { request, spoof, mark, measurement } = task;
    return { kind: 'emit', grant: this.#grants.sign(request, spoof, mark, this.#clock.now(), measurement) };
  }
}
