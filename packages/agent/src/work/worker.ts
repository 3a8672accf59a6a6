import { type Grant, type GrantVerifier, LinkError, type Outcome, type Work } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import {
  assertValidRequest,
  type PingRequest,
  ProbingError,
  TRACEROUTE_DEFAULTS,
  type TracerouteRequest,
} from '@revtr/probing';
import type { ScamperHost } from '@revtr/scamper';
import type { TargetBudget } from '../budget/target-budget.ts';
import type { EmissionWatch } from '../listener/emission-watch.ts';
import type { ReplyMatcher } from '../listener/reply-matcher.ts';
import type { AgentMetrics } from '../metrics.ts';
import type { LocalPolicy } from '../policy/local-policy.ts';
import { type Failure, Refusal } from './refusal.ts';

export interface WorkerCollaborators {
  /** Absent when the agent does not start scamper. */
  readonly scamper: Pick<ScamperHost, 'ping' | 'traceroute' | 'emitSpoofed'> | undefined;
  /** Absent when the agent only sends. */
  readonly replies: ReplyMatcher | undefined;
  /** Absent where the system does not show outgoing packets. */
  readonly emissions: EmissionWatch | undefined;
  readonly policy: LocalPolicy;
  readonly budget: TargetBudget;
  readonly metrics: AgentMetrics;
  /** Receives every refusal and, where it is known, the measurement that the packet belonged to. */
  readonly onRefused: (reason: string, measurement: string | number | undefined) => void;
}

/** Deepest MPLS label stack that is reported. */
const MOST_LABELS = 8;
const REFUSALS: ReadonlySet<Failure['code']> = new Set(['spoofingRefused', 'targetRefused', 'targetBudget']);

/** Performs what the controller asks, after checking that this host lets it through. */
export class Worker {
  readonly #collaborators: WorkerCollaborators;
  /** Throws a {@link Refusal} for each running probe that is no longer let through. */
  readonly #running = new Map<AbortController, () => void>();
  #identity: { readonly address: Ipv4Address; readonly grants: GrantVerifier } | undefined;

  constructor(collaborators: WorkerCollaborators) {
    this.#collaborators = collaborators;
    collaborators.policy.subscribe(() => this.#enforce());
  }

  /** Sets the agent's address, which it knows once the controller has welcomed it, and what its grants are checked with. */
  identify(address: Ipv4Address, grants: GrantVerifier): void {
    this.#identity = { address, grants };
  }

  /** Performs a piece of work. Everything that the host or the network refuses is an outcome. */
  async perform(work: Work, signal: AbortSignal): Promise<Outcome> {
    const asked = { measurement: 'measurement' in work ? work.measurement : undefined };
    const outcome = await this.#perform(work, signal, asked).catch((error: unknown): Failure => {
      if (error instanceof Refusal) return error.outcome;
      if (LinkError.is(error, 'badGrant')) return new Refusal('spoofingRefused', error.message).outcome;
      if (!(error instanceof ProbingError)) throw error;
      const code = error.code === 'invalidRequest' ? error.code : 'proberStopped';
      return new Refusal(code, error.message).outcome;
    });
    const { metrics, onRefused } = this.#collaborators;
    metrics.worked(work.kind, outcome.kind === 'failed' ? outcome.code : 'done');
    if (outcome.kind === 'failed' && REFUSALS.has(outcome.code)) onRefused(outcome.message, asked.measurement);
    return outcome;
  }

  async #perform(
    work: Work,
    signal: AbortSignal,
    asked: { measurement: string | number | undefined },
  ): Promise<Outcome> {
    switch (work.kind) {
      case 'catch':
        return this.#catch(work, signal);
      case 'emit': {
        const grant = this.#useGrant(work.grant);
        asked.measurement = grant.measurement;
        return this.#emit(grant, signal);
      }
      default:
        return this.#probe(work.request, signal);
    }
  }

  #probe(request: PingRequest | TracerouteRequest, signal: AbortSignal): Promise<Outcome> {
    const { scamper, budget } = this.#collaborators;
    assertValidRequest(request);
    if (request.sender !== this.#identity?.address)
      throw new Refusal('invalidRequest', `this agent is not ${formatIpv4(request.sender)}`);
    if (scamper === undefined) throw new Refusal('proberStopped', NO_SCAMPER);
    const check = (): void => this.#checkTarget(request.target);
    let hasBegun = false;
    const beforeSend = (): void => {
      check();
      this.#spend(request.target, request.type === 'ping' && request.option !== undefined);
      hasBegun = true;
    };
    return this.#watched(check, signal, async (limited) => {
      if (request.type === 'ping') {
        const { sentAt, reply } = await scamper.ping(request, limited, beforeSend);
        return { kind: 'ping', sentAt, ...(reply && { reply }) };
      }
      const {
        type: _,
        request: __,
        hops,
        ...rest
      } = await scamper.traceroute(request, limited, beforeSend).catch((error: unknown) => {
        // Without a result nobody knows what has left, and scamper may go on.
        if (hasBegun) budget.add(request.target, mostProbes(request) - 1);
        throw error;
      });
      budget.add(request.target, Math.max(0, rest.probesSent - 1));
      const shortened = hops.map(({ labels, ...hop }) => ({
        ...hop,
        ...(labels && { labels: labels.slice(0, MOST_LABELS) }),
      }));
      return { kind: 'traceroute', ...rest, hops: shortened };
    });
  }

  #useGrant(text: string): Grant {
    if (this.#identity === undefined)
      throw new Refusal('spoofingRefused', 'the controller has not told the agent its address yet');
    const grant = this.#identity.grants.use(text);
    assertValidRequest(grant.request);
    return grant;
  }

  /** Emits the packet of a grant. The grant, the policy and the budget are checked once more when the packet leaves. */
  #emit(grant: Grant, signal: AbortSignal): Promise<Outcome> {
    const { request, claimedSource, mark } = grant;
    const { target } = request;
    const { scamper, policy, emissions } = this.#collaborators;
    const check = (): void => {
      const refusal = policy.refuseClaim(claimedSource);
      if (refusal !== undefined) throw new Refusal('spoofingRefused', refusal);
      this.#checkTarget(target);
    };
    const beforeSend = (): void => {
      this.#identity?.grants.assertCurrent(grant);
      check();
      this.#spend(target, request.option !== undefined);
    };
    if (scamper === undefined) throw new Refusal('proberStopped', NO_SCAMPER);
    return this.#watched(check, signal, async (limited) => {
      const watched = emissions?.watch({ claimedSource, target, mark });
      try {
        const left = watched && { left: watched.left };
        await scamper.emitSpoofed(request, claimedSource, mark, { ...left, signal: limited, beforeSend });
      } finally {
        watched?.stop();
      }
      return { kind: 'emit' };
    });
  }

  async #catch({ target, mark, timeoutMs }: Extract<Work, { kind: 'catch' }>, signal: AbortSignal): Promise<Outcome> {
    const { replies } = this.#collaborators;
    if (replies === undefined) throw new Refusal('proberStopped', 'this agent only sends (local.senderonly)');
    const packet = await replies.expect({ target, mark }, timeoutMs, signal);
    return { kind: 'catch', ...(packet && { packet: Buffer.from(packet).toString('base64') }) };
  }

  #checkTarget(target: Ipv4Address): void {
    const refusal = this.#collaborators.policy.refuseTarget(target);
    if (refusal !== undefined) throw new Refusal('targetRefused', refusal);
  }

  #spend(target: Ipv4Address, hasOptions: boolean): void {
    const refusal = this.#collaborators.budget.take(target, hasOptions);
    if (refusal !== undefined) throw new Refusal('targetBudget', refusal.message, refusal.retryAfterMs);
  }

  /** Runs a probe, and aborts it with the reason when `check` refuses it meanwhile. */
  async #watched(
    check: () => void,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Outcome>,
  ): Promise<Outcome> {
    check();
    const stop = new AbortController();
    this.#running.set(stop, check);
    try {
      return await work(AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      throw stop.signal.reason instanceof Refusal ? stop.signal.reason : error;
    } finally {
      this.#running.delete(stop);
    }
  }

  #enforce(): void {
    for (const [stop, check] of this.#running) {
      try {
        check();
      } catch (refusal) {
        stop.abort(refusal);
      }
    }
  }
}

/** Most packets that a traceroute can send. */
function mostProbes(request: TracerouteRequest): number {
  const { firstHop, maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
  return Math.max(1, maxHops - firstHop + 1) * attempts;
}

const NO_SCAMPER = 'this agent does not run scamper (local.startscamp)';
