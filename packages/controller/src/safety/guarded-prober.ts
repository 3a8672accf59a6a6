import {
  createSpoofMark,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type RandomBytes,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import { currentCause, type ProbeCause } from './probe-context.ts';

export type GuardedRequest = PingRequest | TracerouteRequest;
export type GuardedResult = PingResult | TracerouteResult;

/** One safety rule for probes: a kill switch, a budget, a circuit breaker, the audit. */
export interface ProbeGuard {
  /**
   * Called before a probe is sent. The probe is not sent when this throws.
   * @throws {ProbingError} saying which rule forbids the probe
   */
  before(request: GuardedRequest, cause: ProbeCause | undefined): void;
  /** Called when a probe that was sent has a result, an unanswered one too. */
  after?(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void;
}

export interface GuardedProberCollaborators {
  readonly prober: Prober;
  readonly guards: readonly ProbeGuard[];
  /** Draws the marks of spoofed probes. */
  readonly randomBytes: RandomBytes;
  /** Told of each probe that a guard or the prober refused. */
  readonly onRefused?: (request: GuardedRequest, error: ProbingError, cause: ProbeCause | undefined) => void;
}

const REFUSED_BY_PROBER: ReadonlySet<string> = new Set([
  'invalidRequest',
  'spoofingRefused',
  'unknownSender',
  'unknownReceiver',
]);

/**
 * A prober that asks every guard, in order, before each probe. All probes of the controller pass through one: those of measurements,
 * atlas runs, agent tests and the background survey. It draws the mark of each spoofed probe, because guards see what its grant will carry.
 */
export class GuardedProber implements Prober {
  readonly #collaborators: GuardedProberCollaborators;

  constructor(collaborators: GuardedProberCollaborators) {
    this.#collaborators = collaborators;
  }

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    const { prober, randomBytes } = this.#collaborators;
    const { spoof } = request;
    if (spoof === undefined) return this.#send(request, () => prober.ping(request, signal));
    const marked = { ...request, spoof: { ...spoof, mark: spoof.mark ?? createSpoofMark(randomBytes) } };
    const result = await this.#send(marked, () => prober.ping(marked, signal));
    // The token of the mark is a secret between controller and agents.
    return { ...result, request };
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#send(request, () => this.#collaborators.prober.traceroute(request, signal));
  }

  async #send<Result extends GuardedResult>(request: GuardedRequest, send: () => Promise<Result>): Promise<Result> {
    const { guards, onRefused } = this.#collaborators;
    const cause = currentCause();
    let isAllowed = false;
    try {
      for (const guard of guards) guard.before(request, cause);
      isAllowed = true;
      const result = await send();
      for (const guard of guards) guard.after?.(request, result, cause);
      return result;
    } catch (error) {
      if (error instanceof ProbingError && (!isAllowed || REFUSED_BY_PROBER.has(error.code)))
        onRefused?.(request, error, cause);
      throw error;
    }
  }
}
