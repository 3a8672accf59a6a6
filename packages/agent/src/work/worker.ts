import { type GrantVerifier, LinkError, type Outcome, type Work } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { assertValidRequest, type PingRequest, ProbingError, type TracerouteRequest } from '@revtr/probing';
import type { ScamperHost } from '@revtr/scamper';
import type { EmissionWatch } from '../listener/emission-watch.ts';
import type { ReplyMatcher } from '../listener/reply-matcher.ts';
import type { AgentMetrics } from '../metrics.ts';
import type { LocalPolicy } from './local-policy.ts';

export interface WorkerCollaborators {
  /** Absent when the agent was told not to start scamper. */
  readonly scamper: Pick<ScamperHost, 'ping' | 'traceroute' | 'emitSpoofed'> | undefined;
  /** Absent when the agent only sends. */
  readonly replies: ReplyMatcher | undefined;
  /** Absent where the system does not show what leaves. */
  readonly emissions: EmissionWatch | undefined;
  readonly policy: LocalPolicy;
  readonly metrics: AgentMetrics;
  /** Told of everything that was not let through. */
  readonly onRefused: (reason: string) => void;
}

type Failure = Extract<Outcome, { kind: 'failed' }>;

const failed = (code: Failure['code'], message: string): Failure => ({ kind: 'failed', code, message });

/** Does what the controller asks, after checking that it may be done. */
export class Worker {
  readonly #collaborators: WorkerCollaborators;
  #identity: { readonly address: Ipv4Address; readonly grants: GrantVerifier } | undefined;

  constructor(collaborators: WorkerCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Says who the agent is: known once the controller has welcomed it. */
  identify(address: Ipv4Address, grants: GrantVerifier): void {
    this.#identity = { address, grants };
  }

  async perform(work: Work, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#perform(work, signal).catch((error: unknown): Failure => {
      if (error instanceof LinkError && error.code === 'badGrant') return failed('spoofingRefused', error.message);
      if (!(error instanceof ProbingError)) throw error;
      return failed(error.code === 'invalidRequest' ? error.code : 'proberStopped', error.message);
    });
    const { metrics, onRefused } = this.#collaborators;
    metrics.worked(work.kind, outcome.kind === 'failed' ? outcome.code : 'done');
    if (outcome.kind === 'failed' && (outcome.code === 'spoofingRefused' || outcome.code === 'targetRefused'))
      onRefused(outcome.message);
    return outcome;
  }

  async #perform(work: Work, signal: AbortSignal): Promise<Outcome> {
    switch (work.kind) {
      case 'catch':
        return this.#catch(work, signal);
      case 'emit':
        return this.#emit(work.grant, signal);
      default:
        return this.#probe(work.request, signal);
    }
  }

  async #probe(request: PingRequest | TracerouteRequest, signal: AbortSignal): Promise<Outcome> {
    const { scamper, policy } = this.#collaborators;
    assertValidRequest(request);
    if (request.sender !== this.#identity?.address)
      return failed('invalidRequest', `this is not ${formatIpv4(request.sender)}`);
    const refusal = policy.refuseTarget(request.target);
    if (refusal !== undefined) return failed('targetRefused', refusal);
    if (scamper === undefined) return failed('proberStopped', 'this agent runs no scamper (local.startscamp)');
    if (request.type === 'ping') {
      const { sentAt, reply } = await scamper.ping(request, signal);
      return { kind: 'ping', sentAt, ...(reply && { reply }) };
    }
    const { type: _, request: __, ...rest } = await scamper.traceroute(request, signal);
    return { kind: 'traceroute', ...rest };
  }

  /** Emits what a grant allows. Everything is checked before the first byte leaves. */
  async #emit(text: string, signal: AbortSignal): Promise<Outcome> {
    const { scamper, policy, emissions } = this.#collaborators;
    if (this.#identity === undefined) return failed('spoofingRefused', 'the agent does not know who it is yet');
    const { request, claimedSource, mark } = this.#identity.grants.use(text);
    assertValidRequest(request);
    const claimRefusal = policy.refuseClaim(claimedSource);
    if (claimRefusal !== undefined) return failed('spoofingRefused', claimRefusal);
    const refusal = policy.refuseTarget(request.target);
    if (refusal !== undefined) return failed('targetRefused', refusal);
    if (scamper === undefined) return failed('proberStopped', 'this agent runs no scamper (local.startscamp)');
    const watched = emissions?.watch({ claimedSource, target: request.target, mark });
    try {
      await scamper.emitSpoofed(request, claimedSource, mark, { ...(watched && { left: watched.left }), signal });
    } finally {
      watched?.stop();
    }
    return { kind: 'emit' };
  }

  async #catch({ target, mark, timeoutMs }: Extract<Work, { kind: 'catch' }>, signal: AbortSignal): Promise<Outcome> {
    const { replies } = this.#collaborators;
    if (replies === undefined) return failed('proberStopped', 'this agent only sends (local.senderonly)');
    const packet = await replies.expect({ target, mark }, timeoutMs, signal);
    return { kind: 'catch', ...(packet && { packet: Buffer.from(packet).toString('base64') }) };
  }
}
