import {
  type Clock,
  cancelled,
  type PingHooks,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type ProbingErrorCode,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import { currentCause, type ProbeCause } from './probe-context.ts';

export type GuardedRequest = PingRequest | TracerouteRequest;
export type GuardedResult = PingResult | TracerouteResult;

/** One safety rule for probes: a kill switch, a budget, a circuit breaker, the audit. */
export interface ProbeGuard {
  /**
   * Called before a probe is sent, on every guard in order. The probe is not sent when this throws.
   * @throws {ProbingError} saying which rule forbids the probe
   */
  before(request: GuardedRequest, cause: ProbeCause | undefined): void;
  /**
   * Called when every guard has allowed the probe. Returns how long it must wait before it is sent, milliseconds. Guards without this
   * method are asked again after the wait.
   */
  reserve?(request: GuardedRequest, cause: ProbeCause | undefined): number;
  /** Called when a probe that was sent has a result, an unanswered one too. */
  after?(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void;
  /** Called when a probe that was reserved was not sent: it was cancelled while it waited, or no host could send it. */
  unsent?(request: GuardedRequest, cause: ProbeCause | undefined): void;
  /** Called when a probe that was sent has no result: nobody waits for it any longer, or its prober failed. */
  abandoned?(request: GuardedRequest, cause: ProbeCause | undefined, waitedMs: number): void;
}

/** Errors with which a prober refuses a request before it sends anything. */
const NOT_SENT: readonly ProbingErrorCode[] = [
  'invalidRequest',
  'unknownSender',
  'unknownReceiver',
  'spoofingRefused',
  'budgetExhausted',
  'circuitOpen',
];

/**
 * A prober that asks every guard, in order, before each probe. All probes of the controller pass through one: those of measurements,
 * atlas runs, agent tests and the background survey.
 */
export class GuardedProber implements Prober {
  readonly #prober: Prober;
  readonly #guards: readonly ProbeGuard[];
  readonly #clock: Clock;

  constructor(collaborators: {
    readonly prober: Prober;
    readonly guards: readonly ProbeGuard[];
    readonly clock: Clock;
  }) {
    this.#prober = collaborators.prober;
    this.#guards = collaborators.guards;
    this.#clock = collaborators.clock;
  }

  ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    return this.#send(request, () => this.#prober.ping(request, signal, hooks), signal, hooks);
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#send(request, () => this.#prober.traceroute(request, signal), signal);
  }

  async #send<Result extends GuardedResult>(
    request: GuardedRequest,
    send: () => Promise<Result>,
    signal: AbortSignal | undefined,
    hooks?: PingHooks,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled();
    const cause = currentCause();
    const guards = this.#guards;
    for (const guard of guards) guard.before(request, cause);
    let holdMs = 0;
    for (const guard of guards) holdMs = Math.max(holdMs, guard.reserve?.(request, cause) ?? 0);
    if (holdMs > 0) {
      hooks?.onHeld?.(holdMs);
      try {
        await this.#clock.sleep(holdMs, signal);
        // A kill switch may have been used in the meantime.
        for (const guard of guards) if (guard.reserve === undefined) guard.before(request, cause);
      } catch (error) {
        for (const guard of guards) guard.unsent?.(request, cause);
        throw error;
      }
    }
    const sentAt = this.#clock.now();
    let result: Result;
    try {
      result = await send();
    } catch (error) {
      const isUnsent = error instanceof ProbingError && NOT_SENT.includes(error.code);
      const waitedMs = this.#clock.now() - sentAt;
      for (const guard of guards) {
        if (isUnsent) guard.unsent?.(request, cause);
        else guard.abandoned?.(request, cause, waitedMs);
      }
      throw error;
    }
    for (const guard of guards) guard.after?.(request, result, cause);
    return result;
  }
}
