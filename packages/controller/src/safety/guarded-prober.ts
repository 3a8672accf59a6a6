import type { PingRequest, PingResult, Prober, TracerouteRequest, TracerouteResult } from '@revtr/probing';
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

/**
 * A prober that asks every guard, in order, before each probe. All probes of the controller pass through one: those of measurements,
 * atlas runs, agent tests and the background survey.
 */
export class GuardedProber implements Prober {
  readonly #prober: Prober;
  readonly #guards: readonly ProbeGuard[];

  constructor(collaborators: { readonly prober: Prober; readonly guards: readonly ProbeGuard[] }) {
    this.#prober = collaborators.prober;
    this.#guards = collaborators.guards;
  }

  ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    return this.#send(request, () => this.#prober.ping(request, signal));
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#send(request, () => this.#prober.traceroute(request, signal));
  }

  async #send<Result extends GuardedResult>(request: GuardedRequest, send: () => Promise<Result>): Promise<Result> {
    const cause = currentCause();
    for (const guard of this.#guards) guard.before(request, cause);
    const result = await send();
    for (const guard of this.#guards) guard.after?.(request, result, cause);
    return result;
  }
}
