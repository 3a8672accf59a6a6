import type { AgentHealth, AgentProfile, RunOptions } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, ProbingError, TRACEROUTE_DEFAULTS, type TracerouteRequest } from '@revtr/probing';
import { type ConnectedScamper, type RemoteScamper, ScamperDriver, ScamperError, ScamperHost } from '@revtr/scamper';
import type { AgentOutcome, AgentTask, ReachableAgent } from '../agent-access.ts';
import { RateCap } from './rate-cap.ts';
import type { ReportedReplies } from './reported-replies.ts';

export interface LegacyAgentOptions {
  readonly address: Ipv4Address;
  /** Packets per second that the controller lets the agent send. */
  readonly packetsPerSecond: number;
  /** Contact that its probes carry, a URI; `undefined`: none. */
  readonly contact: string | undefined;
}

export interface LegacyAgentCollaborators {
  readonly replies: ReportedReplies;
  /** Checks a task when it is given, and again when its packet leaves. @throws {ProbingError} */
  readonly check: (task: AgentTask) => void;
  /** Called when the agent begins to measure again, or does not any longer. */
  readonly onHealth: (health: AgentHealth) => void;
  /** Called with what its scamper sent that cannot be read; the connection ends. */
  readonly onUnreadable: (reason: string) => void;
  readonly clock: Clock;
}

const PROFILE: AgentProfile = { software: 'revtr 2.0 (scamper -R)', window: 50, senderOnly: false, selfTests: [] };
/** The results of a traceroute with 255 hops and ten attempts take less. */
const MOST_RESULT_BYTES = 2 ** 19;
/** Longest time that a probe waits for its turn, milliseconds. */
const MOST_WAIT_MS = 20_000;
/** Time for the transfer of a command and its result, milliseconds. */
const ANSWER_MS = 15_000;
/** The agent reports the replies of a second together, and has two seconds for it, milliseconds. */
export const REPORT_MS = 2_000;
/** Packets of a traceroute before its result tells how many there were. */
const USUAL_TRACEROUTE_PACKETS = 15;
const MOST_LABELS = 8;

/**
 * An agent of revtr 2.0: a scamper that takes commands, and a program that reports the replies to spoofed probes. Neither checks anything, so that
 * every command is checked here before it leaves. Unfinished commands wait for the next connection; those of spoofed probes are not repeated.
 */
export class LegacyAgent implements ReachableAgent {
  readonly #options: LegacyAgentOptions;
  readonly #collaborators: LegacyAgentCollaborators;
  readonly #rate: RateCap;
  /** Throws for each running task that is not allowed any longer. */
  readonly #running = new Map<AbortController, () => void>();
  readonly #over = new AbortController();
  #current: RemoteScamper;
  #isTaken = false;
  #renewed = Promise.withResolvers<void>();
  #driver: ScamperDriver | undefined;
  readonly #host: Promise<ScamperHost>;
  readonly profile = PROFILE;
  health: AgentHealth | undefined;

  constructor(options: LegacyAgentOptions, scamper: RemoteScamper, collaborators: LegacyAgentCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#current = scamper;
    const { clock } = collaborators;
    this.#rate = new RateCap({ perSecond: options.packetsPerSecond, mostWaitMs: MOST_WAIT_MS }, { clock });
    this.#host = this.#start();
    this.#host.catch(() => undefined);
  }

  get address(): Ipv4Address {
    return this.#options.address;
  }

  get isConnected(): boolean {
    return !this.#current.stream.destroyed;
  }

  /** Fires when the agent is stopped. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** The scamper of the agent has connected again. Its connection before, which may be half open, is closed. */
  reconnected(scamper: RemoteScamper): void {
    const before = this.#current;
    this.#current = scamper;
    this.#isTaken = false;
    before.close();
    this.#renewed.resolve();
    this.#renewed = Promise.withResolvers();
  }

  /** Whether a connection is the one in use. */
  isCurrent(scamper: RemoteScamper): boolean {
    return this.#current === scamper;
  }

  /** Ends every running task that the rules do not allow any longer. */
  enforceRules(): void {
    for (const [stop, check] of this.#running) {
      try {
        check();
      } catch (refusal) {
        stop.abort(refusal);
      }
    }
  }

  /** Runs a task. @throws {ProbingError} */
  async run(task: AgentTask, { timeoutMs, signal, onGiven }: RunOptions): Promise<AgentOutcome> {
    const { check, replies } = this.#collaborators;
    check(task);
    const stop = new AbortController();
    const isCatch = task.kind === 'catch';
    const late = isCatch ? [] : [this.#after(timeoutMs + ANSWER_MS + MOST_WAIT_MS, stop)];
    const limited = AbortSignal.any([stop.signal, this.#over.signal, ...(signal === undefined ? [] : [signal])]);
    this.#running.set(stop, () => check(task));
    try {
      if (!isCatch) return await this.#probe(task, limited, onGiven);
      const expected = { receiver: this.address, target: task.target, mark: task.mark };
      const reply = await replies.expect(expected, timeoutMs + REPORT_MS, limited);
      return reply === undefined ? { kind: 'catch' } : { kind: 'reported', reply };
    } catch (error) {
      if (stop.signal.reason instanceof ProbingError) throw stop.signal.reason;
      if (this.#over.signal.aborted) throw this.#gone();
      throw error;
    } finally {
      this.#running.delete(stop);
      for (const cancel of late) cancel();
    }
  }

  /** Ends the connection and all tasks. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.#current.close();
    this.#renewed.resolve();
    await this.#driver?.stop();
  }

  async #probe(
    task: Exclude<AgentTask, { kind: 'catch' }>,
    signal: AbortSignal,
    onGiven: RunOptions['onGiven'],
  ): Promise<AgentOutcome> {
    const host = await this.#host;
    const most = task.kind === 'traceroute' ? mostPacketsOf(task.request) : 1;
    const expected = Math.min(most, USUAL_TRACEROUTE_PACKETS);
    await this.#rate.take(expected, signal);
    onGiven?.();
    let attempts = 0;
    let last = most;
    const beforeSend = (): void => {
      this.#collaborators.check(task);
      attempts++;
    };
    try {
      const outcome = await this.#send(host, task, signal, beforeSend);
      if (outcome.kind === 'traceroute') last = outcome.probesSent;
      return outcome;
    } finally {
      // An attempt without a result may have sent every packet; scamper goes on when its connection breaks.
      this.#rate.use((attempts === 0 ? 0 : (attempts - 1) * most + last) - expected);
    }
  }

  async #send(
    host: ScamperHost,
    task: Exclude<AgentTask, { kind: 'catch' }>,
    signal: AbortSignal,
    beforeSend: () => void,
  ): Promise<AgentOutcome> {
    if (task.kind === 'traceroute') {
      const { type: _, request: __, hops, ...rest } = await host.traceroute(task.request, signal, beforeSend);
      const shortened = hops.map(({ labels, ...hop }) => ({
        ...hop,
        ...(labels && { labels: labels.slice(0, MOST_LABELS) }),
      }));
      return { kind: 'traceroute', ...rest, hops: shortened };
    }
    if (task.kind === 'ping') {
      const { sentAt, reply } = await host.ping(task.request, signal, beforeSend);
      return { kind: 'ping', sentAt, ...(reply && { reply }) };
    }
    const { spoof: _, ...request } = task.request;
    await host.emitSpoofed(request, task.spoof.claimedSource, task.mark, { signal, beforeSend });
    return { kind: 'emit' };
  }

  async #start(): Promise<ScamperHost> {
    const { clock, onHealth, onUnreadable } = this.#collaborators;
    this.#driver = await ScamperDriver.over(
      (signal) => this.#nextConnection(signal),
      { mostResultBytes: MOST_RESULT_BYTES },
      {
        clock,
        onHealth: (measures) => {
          this.health = { measures, ...(!measures && { reason: 'its scamper does not respond' }) };
          onHealth(this.health);
        },
        onUnreadable: ({ message }) => onUnreadable(message),
      },
    );
    const host = new ScamperHost({ driver: this.#driver, clock });
    host.setContact(this.#options.contact);
    return host;
  }

  /** The newest connection, as soon as there is one that the driver has not had. @throws {ScamperError} `stopped` */
  async #nextConnection(signal: AbortSignal): Promise<ConnectedScamper> {
    while (this.#isTaken || !this.isConnected) {
      if (signal.aborted || this.#over.signal.aborted)
        throw new ScamperError('stopped', 'the agent has left', { attempts: 0 });
      await this.#renewed.promise;
    }
    this.#isTaken = true;
    const scamper = this.#current;
    return {
      stream: scamper.stream,
      isAttached: true,
      pid: undefined,
      end: undefined,
      stop: async () => scamper.close(),
    };
  }

  /** Ends a task that takes too long. Returns how to stop the clock. */
  #after(timeoutMs: number, stop: AbortController): () => void {
    const finished = new AbortController();
    this.#collaborators.clock.sleep(timeoutMs, finished.signal).then(
      () => stop.abort(new ProbingError('proberStopped', `the agent of ${formatIpv4(this.address)} did not answer`)),
      () => undefined,
    );
    return () => finished.abort();
  }

  #gone(): ProbingError {
    return new ProbingError('proberStopped', `the agent of ${formatIpv4(this.address)} has left`);
  }
}

/** Packets that a traceroute sends when nothing answers. */
function mostPacketsOf(request: TracerouteRequest): number {
  const { firstHop, maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
  return (maxHops - firstHop + 1) * attempts;
}
