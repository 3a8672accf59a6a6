import type { AgentHealth } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { type RemoteScamper, ScamperError } from '@revtr/scamper';
import type { Logger } from 'pino';
import type { AgentDirectory } from '../../agents/directory.ts';
import type { AuditEvents } from '../../audit/audit-events.ts';
import type { Metrics } from '../../foundation/metrics.ts';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import type { AgentAccess } from '../agent-access.ts';
import { Arrivals } from '../arrivals.ts';
import { checkTask, type TaskRules } from '../check-task.ts';
import { LegacyAgent } from './legacy-agent.ts';
import { type Report, ReportedReplies } from './reported-replies.ts';

export interface LegacyAgentsOptions {
  /** Packets per second that the controller lets each agent send. */
  readonly packetsPerSecond: number;
  /** Contact that their probes carry, a URI; `undefined`: none. */
  readonly contact: string | undefined;
}

/** What was refused from an agent of revtr 2.0, or from a stranger. */
export type LegacyRefusal = 'legacyConnection' | 'legacyMessage' | 'legacyReply';

export interface LegacyAgentsCollaborators extends TaskRules {
  readonly directory: Pick<AgentDirectory, 'participates' | 'findRegistered' | 'list'>;
  /** Whether an agent of this project is connected from an address. */
  readonly isLinked: (address: Ipv4Address) => boolean;
  /** Called when an agent begins a session, or has connected again after a break. */
  readonly onJoined: (address: Ipv4Address, isNew: boolean) => void;
  /** Called when an agent has lost its connection, and when it has not reconnected in time. */
  readonly onLeft: (address: Ipv4Address) => void;
  readonly onHealth: (address: Ipv4Address, health: AgentHealth) => void;
  /** Hands replies that answer no probe of this process to the other gateways. Returns those that answer no probe of theirs either. */
  readonly handOn: (
    receiver: Ipv4Address,
    reports: readonly Report[],
    signal: AbortSignal,
  ) => Promise<readonly Report[]>;
  readonly metrics: Pick<Metrics, 'refused'>;
  readonly auditEvents: Pick<AuditEvents, 'count'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Log lines about refusals of each kind, so that nobody can fill the log. */
const LINES = { burst: 20, perSecond: 0.1, mostBuckets: 10 };
/** scamper reconnects 30 to 61 seconds after it has lost its connection. */
const RESUME_MS = 75_000;
const WEAKER =
  'it is known by its address alone, checks no grants, opt-outs or kill switches, and reports replies without their packets';

/** The agents of revtr 2.0 that are connected to this process. */
export class LegacyAgents implements AgentAccess {
  readonly #options: LegacyAgentsOptions;
  readonly #collaborators: LegacyAgentsCollaborators;
  readonly #agents = new Map<Ipv4Address, LegacyAgent>();
  readonly #arrivals: Arrivals;
  readonly #replies: ReportedReplies;
  readonly #lines: TokenBuckets<LegacyRefusal>;

  constructor(options: LegacyAgentsOptions, collaborators: LegacyAgentsCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#arrivals = new Arrivals(collaborators);
    this.#replies = new ReportedReplies(collaborators);
    this.#lines = new TokenBuckets(LINES, collaborators);
  }

  /** Why an agent of revtr 2.0 may not connect from an address; `undefined` when it may. */
  refuse(address: Ipv4Address): string | undefined {
    const { directory, isLinked } = this.#collaborators;
    if (directory.findRegistered(address)?.legacy !== true)
      return 'the operator has not allowed an agent of revtr 2.0 at this address';
    return isLinked(address) ? 'another agent of this address is connected' : undefined;
  }

  /** Takes a scamper that has connected from an address and introduced itself. Closes its connection when it claims to be another host. */
  joined(address: Ipv4Address, scamper: RemoteScamper): void {
    const { onJoined, log } = this.#collaborators;
    const refusal = this.refuse(address) ?? this.#refuseName(address, scamper.monitor);
    if (refusal !== undefined) {
      scamper.close();
      this.refused('legacyConnection', formatIpv4(address), refusal);
      return;
    }
    const known = this.#agents.get(address);
    const agent = known ?? this.#create(address, scamper);
    this.#agents.set(address, agent);
    known?.reconnected(scamper);
    scamper.stream.on('error', (error) => {
      if (error instanceof ScamperError) this.refused('legacyMessage', formatIpv4(address), error.message);
    });
    if (scamper.stream.closed) void this.#disconnected(agent, scamper);
    else scamper.stream.once('close', () => void this.#disconnected(agent, scamper));
    if (known === undefined) log.warn({ agent: formatIpv4(address) }, `an agent of revtr 2.0 is connected: ${WEAKER}`);
    this.#arrivals.arrived(address);
    onJoined(address, known === undefined);
  }

  /** Takes replies that another gateway hands on. Returns those that answer no probe of this process. */
  take(receiver: Ipv4Address, reports: readonly Report[]): readonly Report[] {
    return this.#replies.take(receiver, reports);
  }

  /** Takes replies that the agent of an address reports, which {@link refuse} has admitted. */
  async report(address: Ipv4Address, reports: readonly Report[], signal: AbortSignal): Promise<void> {
    const { handOn, metrics, auditEvents, log } = this.#collaborators;
    const elsewhere = this.take(address, reports);
    if (elsewhere.length === 0) return;
    const { length: unknown } = await handOn(address, elsewhere, signal);
    if (unknown === 0) return;
    metrics.refused('legacyReply', unknown);
    auditEvents.count({ kind: 'replyForged', client: formatIpv4(address) });
    if (this.#lines.take('legacyReply'))
      log.warn({ agent: formatIpv4(address), unknown }, 'an agent reported replies to probes that were not sent');
  }

  find(address: Ipv4Address): LegacyAgent | undefined {
    return this.#agents.get(address);
  }

  async waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<LegacyAgent | undefined> {
    const present = this.find(address);
    if (present !== undefined || signal?.aborted) return present;
    await this.#arrivals.wait(address, timeoutMs, signal);
    return this.find(address);
  }

  /** Addresses of the agents that are connected. */
  connected(): Ipv4Address[] {
    return [...this.#agents].flatMap(([address, { isConnected }]) => (isConnected ? [address] : []));
  }

  /** Ends every running probe that the rules do not allow any longer. */
  enforceRules(): void {
    for (const agent of this.#agents.values()) agent.enforceRules();
  }

  /** The scamper of an agent has connected to another gateway. What the agent left unfinished here cannot be finished any more. */
  movedAway(address: Ipv4Address): void {
    if (this.find(address)?.isConnected === false) this.expel(address);
  }

  /** Ends the connection and all tasks of an agent. */
  expel(address: Ipv4Address): void {
    const agent = this.#agents.get(address);
    if (agent !== undefined) void this.#remove(agent);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => this.#remove(agent)));
  }

  /** Logs and counts something that was refused. */
  refused(kind: LegacyRefusal, address: string, reason: string): void {
    const { metrics, auditEvents, log } = this.#collaborators;
    metrics.refused(kind);
    auditEvents.count({ kind: 'agentRefused', client: address, subject: kind, detail: reason });
    if (this.#lines.take(kind)) log.warn({ kind, address, reason }, 'rejected an agent of revtr 2.0');
  }

  /** A scamper may name itself; the name must not be that of another host. */
  #refuseName(address: Ipv4Address, monitor: string | undefined): string | undefined {
    if (monitor === undefined) return undefined;
    const name = monitor.toLowerCase();
    const other = this.#collaborators.directory
      .list()
      .find((agent) => agent.hostname.toLowerCase() === name || formatIpv4(agent.address) === name);
    return other === undefined || other.address === address
      ? undefined
      : `it claims to be ${monitor}, which is another agent`;
  }

  #create(address: Ipv4Address, scamper: RemoteScamper): LegacyAgent {
    const { onHealth, clock } = this.#collaborators;
    return new LegacyAgent({ address, ...this.#options }, scamper, {
      replies: this.#replies,
      check: (task) => checkTask(address, task, this.#collaborators),
      onHealth: (health) => onHealth(address, health),
      onUnreadable: (reason) => this.refused('legacyMessage', formatIpv4(address), reason),
      clock,
    });
  }

  async #disconnected(agent: LegacyAgent, scamper: RemoteScamper): Promise<void> {
    const { onLeft, clock } = this.#collaborators;
    if (!agent.isCurrent(scamper) || this.#agents.get(agent.address) !== agent) return;
    onLeft(agent.address);
    await clock.sleep(RESUME_MS, agent.over).catch(() => undefined);
    if (agent.isCurrent(scamper)) await this.#remove(agent);
  }

  async #remove(agent: LegacyAgent): Promise<void> {
    const { onLeft, log } = this.#collaborators;
    const { address } = agent;
    if (this.#agents.get(address) !== agent) return;
    this.#agents.delete(address);
    await agent.stop();
    log.warn({ agent: formatIpv4(address) }, 'an agent of revtr 2.0 is disconnected');
    onLeft(address);
  }
}
