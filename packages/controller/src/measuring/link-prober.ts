import { randomBytes } from 'node:crypto';
import { BusError } from '@revtr/bus';
import { LinkError, type RunOptions } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import {
  assertValidRequest,
  type Clock,
  createLegacyMark,
  createSpoofMark,
  type PingHooks,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  readSpoofedReply,
  type Spoof,
  type SpoofMark,
  type TargetPolicy,
  type TracerouteRequest,
  type TracerouteResult,
  toPingReply,
} from '@revtr/probing';
import { NO_TRACING, type Tracing } from '@revtr/tracing';
import type { AgentDirectory } from '../agents/directory.ts';
import { currentMeasurement } from '../safety/probe-context.ts';
import type { AgentAccess, AgentOutcome, AgentTask, ReachableAgent } from './agent-access.ts';
import { REPORT_MS } from './legacy/legacy-agent.ts';
import { TransitTimes } from './transit-times.ts';

export interface LinkProberOptions {
  /**
   * How long probes wait for an agent that is registered and not connected, milliseconds, counted from the first one that missed it. Later
   * ones fail at once, until the agent has connected: otherwise the measurements of a source that is down would keep others waiting.
   */
  readonly patienceMs: number;
}

export interface LinkProberCollaborators {
  readonly agents: AgentAccess;
  readonly directory: AgentDirectory;
  readonly targetPolicy: TargetPolicy;
  readonly clock: Clock;
  /** Called for each reported spoofed reply that does not match its probe. */
  readonly onForged: (address: Ipv4Address) => void;
  /** Default: no traces. */
  readonly tracing?: Tracing;
}

/** Why the tasks of a spoofed probe end. One value for all: making errors is costly. */
const PROBE_OVER = 'the probe is over';
/** Longest time of a traceroute, milliseconds. */
const MOST_TRACEROUTE_MS = 120_000;
/** Longest time until a spoofed probe leaves, for which its receiver listens in addition, and the longest for which an agent listens, milliseconds. */
const MOST_SENDING_MS = 20_000;
const MOST_LISTENING_MS = 600_000;

/** Sends probes through the connected agents. A spoofed probe uses the address of an active agent, and each one needs a separate grant. */
export class LinkProber implements Prober {
  readonly #options: LinkProberOptions;
  readonly #collaborators: LinkProberCollaborators;
  /** When a probe first missed an agent that has not connected since, milliseconds since the Unix epoch. */
  readonly #missedSince = new Map<Ipv4Address, number>();

  readonly #transit: TransitTimes;

  constructor(options: LinkProberOptions, collaborators: LinkProberCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#transit = new TransitTimes(collaborators);
  }

  /** How much longer probes take inside this system than on an idle one, milliseconds; `undefined` while that is not known. */
  get delayMs(): number | undefined {
    return this.#transit.delayMs;
  }

  /** Tells that an agent has connected: probes wait for it again when it leaves. */
  joined(address: Ipv4Address): void {
    this.#missedSince.delete(address);
  }

  ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    return this.#traced(request, () => this.#ping(request, signal, hooks));
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#traced(request, () => this.#traceroute(request, signal));
  }

  #traced<T>(request: PingRequest | TracerouteRequest, work: () => Promise<T>): Promise<T> {
    const { tracing = NO_TRACING } = this.#collaborators;
    if (!tracing.isOn) return work();
    const isSpoofed = request.type === 'ping' && request.spoof !== undefined;
    const attributes = {
      'revtr.sender': formatIpv4(request.sender),
      'revtr.target': formatIpv4(request.target),
      ...(request.type === 'ping' && { 'revtr.option': request.option?.type }),
    };
    return tracing.child(isSpoofed ? 'spoofed ping' : request.type, { attributes }, work);
  }

  async #ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    // Already the wait for an agent that is not connected is no silence of the target.
    const left = Promise.withResolvers<number>();
    hooks?.onQueued?.(left.promise);
    try {
      const agent = await this.#check(request, signal);
      if (request.spoof === undefined) return await this.#pingFrom(agent, request, left.resolve, signal);
      return await this.#spoof(request, request.spoof, agent, left.resolve, signal);
    } finally {
      left.resolve(0);
    }
  }

  /** Sends a ping that is not spoofed. `onLeft` takes how long the way of the probe through the system takes in addition, milliseconds. */
  async #pingFrom(
    agent: ReachableAgent,
    request: PingRequest,
    onLeft: (wayMs: number) => void,
    signal?: AbortSignal,
  ): Promise<PingResult> {
    const { clock } = this.#collaborators;
    const { spoof: _, ...plain } = request;
    const { timeoutMs } = request;
    const measurement = currentMeasurement();
    let givenAt = clock.now();
    const onGiven = (): void => {
      givenAt = clock.now();
      onLeft(this.#transit.allowanceFor(agent.address));
    };
    const outcome = await run(agent, { kind: 'ping', request: plain, measurement }, { timeoutMs, signal, onGiven });
    if (outcome.kind !== 'ping') throw unexpected(outcome);
    const { reply } = outcome;
    const sentAt = between(givenAt, outcome.sentAt, clock.now());
    if (reply !== undefined) this.#transit.note(agent.address, clock.now() - givenAt - reply.rttMs);
    return { type: 'ping', request, sentAt, ...(reply && { reply }) };
  }

  async #traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    const agent = await this.#check(request, signal);
    const { clock } = this.#collaborators;
    const options = { timeoutMs: MOST_TRACEROUTE_MS, signal };
    const measurement = currentMeasurement();
    const askedAt = clock.now();
    const outcome = await run(agent, { kind: 'traceroute', request, measurement }, options);
    if (outcome.kind !== 'traceroute') throw unexpected(outcome);
    const { kind: _, ...rest } = outcome;
    const endedAt = between(askedAt, outcome.endedAt, clock.now());
    const startedAt = between(askedAt, outcome.startedAt, endedAt);
    return { type: 'traceroute', request, ...rest, startedAt, endedAt };
  }

  async #check(request: PingRequest | TracerouteRequest, signal: AbortSignal | undefined): Promise<ReachableAgent> {
    assertValidRequest(request);
    const refusal = this.#collaborators.targetPolicy.refuse(request.target);
    if (refusal !== undefined) throw new ProbingError('invalidRequest', refusal.message);
    return this.#session(request.sender, 'unknownSender', signal);
  }

  /**
   * Asks the receiver to report the reply and, at the same time, the sender to emit the probe that causes it. The reply is waited for from when
   * the sender has emitted the probe. `onLeft` takes how long the agent of the receiver may keep it, milliseconds.
   */
  async #spoof(
    request: PingRequest,
    spoof: Spoof,
    sender: ReachableAgent,
    onLeft: (reportMs: number) => void,
    signal?: AbortSignal,
  ): Promise<PingResult> {
    const { directory, clock } = this.#collaborators;
    const { claimedSource } = spoof;
    const receiver = await this.#session(spoof.receiver, 'unknownReceiver', signal);
    if (!directory.participates(claimedSource))
      throw new ProbingError(
        'spoofingRefused',
        `${formatIpv4(claimedSource)} does not allow spoofed probes with its address`,
      );
    const isLegacy = directory.find(spoof.receiver)?.legacy === true;
    const createMark = isLegacy ? createLegacyMark : createSpoofMark;
    const mark = spoof.mark ?? createMark(randomBytes);
    const over = new AbortController();
    const stop = (): void => over.abort(PROBE_OVER);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const { target, timeoutMs } = request;
    const listenMs = Math.min(MOST_LISTENING_MS, timeoutMs + MOST_SENDING_MS);
    const measurement = currentMeasurement();
    const sentAt = clock.now();
    const listening = { timeoutMs: listenMs, signal: over.signal, isListening: true };
    const caught = run(receiver, { kind: 'catch', target, mark, timeoutMs: listenMs }, listening);
    const emitting = { timeoutMs, signal: over.signal };
    const emitted = run(sender, { kind: 'emit', request, spoof, mark, measurement }, emitting);
    const noteLeft = (): void => onLeft(isLegacy ? REPORT_MS : 0);
    emitted.then(noteLeft, noteLeft);
    const wayBackMs = isLegacy ? REPORT_MS : this.#transit.allowanceFor(spoof.receiver);
    // The probe's own end matters only when it could not be sent.
    const silence = emitted.then(async (): Promise<AgentOutcome> => {
      await clock.sleep(timeoutMs + wayBackMs, over.signal);
      return { kind: 'catch' };
    });
    try {
      const outcome = await Promise.race([caught, silence]);
      const reply = this.#judge(outcome, { target, mark, receiver: spoof.receiver, sentAt });
      return { type: 'ping', request, sentAt, ...(reply && { reply }) };
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      caught.catch(() => undefined);
      silence.catch(() => undefined);
    }
  }

  /** Checks the packet itself, because the controller does not trust an agent's judgement: it must match the probe. */
  #judge(
    outcome: AgentOutcome,
    expected: {
      readonly target: Ipv4Address;
      readonly mark: SpoofMark;
      readonly receiver: Ipv4Address;
      readonly sentAt: number;
    },
  ): ReturnType<typeof toPingReply> | undefined {
    const rttMs = this.#collaborators.clock.now() - expected.sentAt;
    // A reply without a packet was matched with its probe where the agent is connected.
    if (outcome.kind === 'reported') return { ...outcome.reply, rttMs };
    if (outcome.kind !== 'catch') throw unexpected(outcome);
    if (outcome.packet === undefined) return undefined;
    const packet = readSpoofedReply(Buffer.from(outcome.packet, 'base64'), expected);
    if (packet !== undefined) return toPingReply(packet, rttMs);
    this.#collaborators.onForged(expected.receiver);
    return undefined;
  }

  async #session(
    address: Ipv4Address,
    code: 'unknownSender' | 'unknownReceiver',
    signal: AbortSignal | undefined,
  ): Promise<ReachableAgent> {
    const { agents, directory } = this.#collaborators;
    const text = formatIpv4(address);
    if (!directory.participates(address))
      throw new ProbingError(code, `${text} is not an active agent`, { address: text });
    const agent = agents.find(address) ?? (await this.#waitFor(address, signal));
    if (agent === undefined)
      throw new ProbingError('proberStopped', `the agent of ${text} is not connected`, { isUnreachable: true });
    return agent;
  }

  async #waitFor(address: Ipv4Address, signal: AbortSignal | undefined): Promise<ReachableAgent | undefined> {
    const { agents, clock } = this.#collaborators;
    const since = this.#missedSince.get(address) ?? clock.now();
    this.#missedSince.set(address, since);
    const leftMs = since + this.#options.patienceMs - clock.now();
    const agent = leftMs > 0 ? await agents.waitFor(address, leftMs, signal) : undefined;
    if (agent !== undefined) this.#missedSince.delete(address);
    return agent;
  }
}

/** Runs a task on an agent. @throws {ProbingError} for every failure */
async function run(agent: ReachableAgent, task: AgentTask, options: RunOptions): Promise<AgentOutcome> {
  let outcome: AgentOutcome;
  try {
    outcome = await agent.run(task, options);
  } catch (error) {
    if (error instanceof LinkError || error instanceof BusError)
      throw new ProbingError('proberStopped', error.message, { isUnreachable: true });
    throw error;
  }
  if (outcome.kind !== 'failed') return outcome;
  const { code, retryAfterMs = 0 } = outcome;
  const refusedBy = formatIpv4(agent.address);
  const message = `${refusedBy}: ${outcome.message}`;
  if (code === 'targetBudget') throw new ProbingError(code, message, { retryAfterMs });
  if (code === 'spoofingRefused' || code === 'proberStopped') throw new ProbingError(code, message, { refusedBy });
  throw new ProbingError('invalidRequest', message);
}

/** What an agent says about the time, as far as it is possible: its clock may be wrong, and it may lie. What is learned expires by these times. */
const between = (earliest: number, said: number, latest: number): number => Math.max(earliest, Math.min(said, latest));

const unexpected = (outcome: AgentOutcome): ProbingError =>
  new ProbingError('proberStopped', `an agent answered with ${outcome.kind}`);
