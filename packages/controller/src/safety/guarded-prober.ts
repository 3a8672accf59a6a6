import type { Ipv4Address } from '@revtr/net';
import {
  type Clock,
  cancelled,
  createLegacyMark,
  createSpoofMark,
  type PingHooks,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type ProbingErrorCode,
  type RandomBytes,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import { currentCause, type ProbeCause } from './probe-context.ts';

/** A probe that the guards check before it is sent. */
export type GuardedRequest = PingRequest | TracerouteRequest;
/** What a probe that the guards let through resulted in. */
export type GuardedResult = PingResult | TracerouteResult;

/**
 * One safety rule for probes, such as a kill switch, a budget or a circuit breaker; or something that only observes probes: the audit, and what answers
 * show about agents. The methods are called in the order of this list.
 */
export interface ProbeGuard {
  /**
   * Called before a probe is sent, on every guard in order. The probe is not sent when this throws.
   * @throws {ProbingError} saying which rule forbids the probe
   */
  before?(request: GuardedRequest, cause: ProbeCause | undefined): void;
  /**
   * Called when every guard has allowed the probe. Returns how long it must wait before it is sent, milliseconds. Guards without this
   * method are asked again after the wait.
   */
  reserve?(request: GuardedRequest, cause: ProbeCause | undefined): number;
  /**
   * Called after every wait, right before the probe is handed to the prober, which waits for the promise. The probe is not sent when it rejects. It must
   * settle within the same turn of the event loop, because no guard is asked again afterwards.
   * @throws {ProbingError} saying why the probe cannot be sent
   */
  leaving?(request: GuardedRequest, cause: ProbeCause | undefined): Promise<void>;
  /**
   * Called when every guard has allowed the probe. Calls `stop` with the reason when the rule begins to forbid the probe before that has ended, for
   * instance while it waits for an agent. Returns what ends that; `undefined` when the rule does not stop this probe.
   */
  onForbidden?(cause: ProbeCause | undefined, stop: (reason: ProbingError) => void): (() => void) | undefined;
  /** Called when a probe that was sent has a result, an unanswered one too. */
  after?(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void;
  /** Called when a probe that was reserved was not sent: it was cancelled while it waited, or no host could send it. */
  unsent?(request: GuardedRequest, cause: ProbeCause | undefined): void;
  /**
   * Called when a probe that was sent has no result. `waitedMs` is how long its answer was waited for until nobody waited any longer,
   * milliseconds; 0 when its prober failed.
   */
  abandoned?(request: GuardedRequest, cause: ProbeCause | undefined, waitedMs: number): void;
}

export interface GuardedProberCollaborators {
  readonly prober: Prober;
  readonly guards: readonly ProbeGuard[];
  readonly clock: Clock;
  /** Draws the marks of spoofed probes. */
  readonly randomBytes: RandomBytes;
  /** Whether the agent of a receiver is one of revtr 2.0, which recognises other marks. Default: none is. */
  readonly isLegacy?: (receiver: Ipv4Address) => boolean;
  /** Told of each probe that a guard or the prober refused. */
  readonly onRefused?: (request: GuardedRequest, error: ProbingError, cause: ProbeCause | undefined) => void;
}

/** Errors with which a prober refuses a request before it sends anything. */
const REFUSED_BY_PROBER: ReadonlySet<ProbingErrorCode> = new Set([
  'invalidRequest',
  'unknownSender',
  'unknownReceiver',
  'spoofingRefused',
  'targetBudget',
  'killSwitch',
  'budgetExhausted',
  'circuitOpen',
] as const);

/**
 * A prober that asks every guard, in order, before each probe. All probes of the controller pass through one: those of measurements,
 * atlas runs, agent tests and the background survey. It draws the mark of each spoofed probe, because guards see what its grant will carry.
 */
export class GuardedProber implements Prober {
  readonly #collaborators: GuardedProberCollaborators;

  constructor(collaborators: GuardedProberCollaborators) {
    this.#collaborators = collaborators;
  }

  ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    const { randomBytes, isLegacy } = this.#collaborators;
    const { spoof } = request;
    if (spoof === undefined) return this.#run(request, signal, hooks);
    const createMark = isLegacy?.(spoof.receiver) === true ? createLegacyMark : createSpoofMark;
    const marked = { ...request, spoof: { ...spoof, mark: spoof.mark ?? createMark(randomBytes) } };
    // The token of the mark is a secret between controller and agents.
    return this.#run(marked, signal, hooks).then((result) => ({ ...result, request }));
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#run(request, signal);
  }

  #run(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult>;
  #run(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult>;
  /** Sends a probe that the guards allow. One function, because each that waits costs memory in every measurement under way. */
  async #run(request: GuardedRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<GuardedResult> {
    if (signal?.aborted) throw cancelled();
    const cause = currentCause();
    const holdMs = this.#reserve(request, cause);
    const stoppable = this.#stoppable(cause, signal);
    const until = stoppable?.signal ?? signal;
    try {
      try {
        if (holdMs > 0) {
          hooks?.onHeld?.(holdMs);
          await this.#hold(holdMs, request, cause, until);
        }
        await this.#leave(request, cause);
        if (until?.aborted) throw cancelled();
      } catch (error) {
        const reason = stoppable?.reason ?? error;
        this.#noteUnsent(request, reason, cause);
        // Who cannot record the probe has interrupted what it is sent for: that begins again later, and must not go on without this probe.
        throw signal?.aborted ? cancelled() : reason;
      }
      const { prober, clock } = this.#collaborators;
      const wait = new Wait(clock, hooks);
      let result: GuardedResult;
      try {
        result =
          request.type === 'ping' ? await prober.ping(request, until, wait) : await prober.traceroute(request, until);
      } catch (error) {
        this.#noteFailure(request, error, cause, wait);
        throw signal?.aborted ? error : (stoppable?.reason ?? error);
      }
      this.#noteResult(request, result, cause);
      return result;
    } finally {
      stoppable?.end();
    }
  }

  /** Asks every guard, and returns how long the probe must wait, milliseconds. @throws {ProbingError} when a guard forbids the probe */
  #reserve(request: GuardedRequest, cause: ProbeCause | undefined): number {
    const { guards } = this.#collaborators;
    try {
      for (const guard of guards) guard.before?.(request, cause);
    } catch (error) {
      this.#noteRefusal(request, error, cause);
      throw error;
    }
    let holdMs = 0;
    for (const guard of guards) holdMs = Math.max(holdMs, guard.reserve?.(request, cause) ?? 0);
    return holdMs;
  }

  async #hold(
    holdMs: number,
    request: GuardedRequest,
    cause: ProbeCause | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { guards, clock } = this.#collaborators;
    await clock.sleep(holdMs, signal);
    if (signal?.aborted) throw cancelled();
    // A kill switch may have been used in the meantime.
    for (const guard of guards) if (guard.reserve === undefined) guard.before?.(request, cause);
  }

  async #leave(request: GuardedRequest, cause: ProbeCause | undefined): Promise<void> {
    for (const guard of this.#collaborators.guards)
      if (guard.leaving !== undefined) await guard.leaving(request, cause);
  }

  /** Lets the guards stop a probe that is under way; `undefined` when none does. */
  #stoppable(cause: ProbeCause | undefined, signal: AbortSignal | undefined): Stoppable | undefined {
    let stoppable: Stoppable | undefined;
    for (const guard of this.#collaborators.guards) {
      const end = guard.onForbidden?.(cause, (reason) => stoppable?.stop(reason));
      if (end === undefined) continue;
      stoppable ??= new Stoppable(signal);
      stoppable.onEnd(end);
    }
    return stoppable;
  }

  #noteResult(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void {
    for (const guard of this.#collaborators.guards) guard.after?.(request, result, cause);
  }

  #noteUnsent(request: GuardedRequest, error: unknown, cause: ProbeCause | undefined): void {
    for (const guard of this.#collaborators.guards) guard.unsent?.(request, cause);
    this.#noteRefusal(request, error, cause);
  }

  #noteFailure(request: GuardedRequest, error: unknown, cause: ProbeCause | undefined, wait: Wait): void {
    const code = error instanceof ProbingError ? error.code : undefined;
    if (code !== undefined && REFUSED_BY_PROBER.has(code)) {
      this.#noteUnsent(request, error, cause);
      return;
    }
    const waitedMs = code === 'cancelled' ? wait.ms : 0;
    for (const guard of this.#collaborators.guards) guard.abandoned?.(request, cause, waitedMs);
  }

  #noteRefusal(request: GuardedRequest, error: unknown, cause: ProbeCause | undefined): void {
    if (error instanceof ProbingError && error.code !== 'cancelled')
      this.#collaborators.onRefused?.(request, error, cause);
  }
}

/** A probe under way that guards may stop. */
class Stoppable {
  readonly #over = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #ends: (() => void)[] = [];
  readonly #abort = (): void => this.#over.abort();
  #reason: ProbingError | undefined;

  /** @param signal cancels the probe as well */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Fires when the probe must end. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Why a guard stopped the probe; `undefined` when none did. */
  get reason(): ProbingError | undefined {
    return this.#reason;
  }

  stop(reason: ProbingError): void {
    this.#reason ??= reason;
    this.#abort();
  }

  /** Calls `listener` when the probe has ended. */
  onEnd(listener: () => void): void {
    this.#ends.push(listener);
  }

  end(): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    for (const tell of this.#ends) tell();
  }
}

/**
 * How long the answer to a probe is waited for, from when it has left this system. It is told when a ping is held back or queued, and passes that
 * on.
 */
class Wait implements PingHooks {
  readonly #clock: Clock;
  readonly #hooks: PingHooks | undefined;
  #since: number;

  constructor(clock: Clock, hooks: PingHooks | undefined) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#since = clock.now();
  }

  onHeld(ms: number): void {
    this.#hooks?.onHeld?.(ms);
  }

  onQueued(left: Promise<number>): void {
    this.#since = Number.POSITIVE_INFINITY;
    void left.then((wayMs) => {
      this.#since = this.#clock.now() + wayMs;
    });
    this.#hooks?.onQueued?.(left);
  }

  get ms(): number {
    return Math.max(0, this.#clock.now() - this.#since);
  }
}
