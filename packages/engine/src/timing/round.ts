import {
  type Clock,
  cancelled,
  type HeldBack,
  isHeldBack,
  type PingRequest,
  type PingResult,
  ProbingError,
} from '@revtr/probing';
import type { RoundDeadline } from './round-deadline.ts';
import { RoundTimer } from './round-timer.ts';
import type { LateListener, SharedPingHooks } from './shared-ping.ts';
import { TimedProbe } from './timed-probe.ts';

/** What a round needs of a prober. A prober without late listeners cancels the open pings of a round that is over. */
export interface RoundProber {
  ping(request: PingRequest, signal?: AbortSignal, hooks?: SharedPingHooks): Promise<PingResult>;
}

/** A round of parallel probes. */
export interface Round {
  readonly requests: readonly PingRequest[];
  readonly deadline: RoundDeadline;
  /** Called with each answer, and how long it was waited for; returns whether the answer is useful. Default: every answer is. */
  readonly onAnswer?: (result: PingResult, waitedMs: number) => boolean;
  /**
   * Called with each answer that comes after the end of the round. With this or `onSilence`, the pings without an answer stay open until
   * their own timeout, unless they should have left long ago; otherwise they are cancelled at the end of the round. The end of a measurement by its signal cancels them in any case.
   */
  readonly onLateAnswer?: (result: PingResult, waitedMs: number) => void;
  /** Calls a listener when an earlier ping, which is not part of the round, has a useful answer: it counts as one of the round. */
  readonly onEarlierAnswer?: (listener: () => void) => void;
  /** Called with each ping that has no answer at its own timeout, during the round or after it. */
  readonly onSilence?: (request: PingRequest) => void;
  /** Called with each request that is refused, by a rule or by the prober. It was not sent, and its silence means nothing. Not called with those that are `unsent`. */
  readonly onRefused?: (request: PingRequest, error: ProbingError) => void;
}

/**
 * What a round has shown. Pings that the prober refused, or still held back at the end, are neither answered nor silent nor unsent.
 */
export interface RoundOutcome {
  /** The answers, in the order of their arrival. */
  readonly answers: readonly PingResult[];
  /** Pings that had no answer when the round ended. */
  readonly silent: readonly PingRequest[];
  /** Pings that the prober could not send at this time (`proberStopped`), or of which the end of the round came before their hosts had sent them. */
  readonly unsent: readonly PingRequest[];
  /** Whether one of the answers was useful. */
  readonly hasUsefulAnswer: boolean;
}

/**
 * Sends the probes of a round in parallel, and collects answers until all have arrived or the deadline has passed. Where the prober holds
 * probes back to keep to a rate, or they wait for the host that sends them, the deadline counts from when the last of them leaves, but does not wait for a host
 * that does not send.
 * @throws {ProbingError} `cancelled`; `budgetExhausted` or `circuitOpen` when that kept every probe from being sent
 */
export async function runRound(
  round: Round,
  { prober, clock, signal }: { readonly prober: RoundProber; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<RoundOutcome> {
  const over = new AbortController();
  const stop = (): void => over.abort(ROUND_OVER);
  signal?.addEventListener('abort', stop, { once: true });
  const answers: PingResult[] = [];
  const silent: PingRequest[] = [];
  const unsent: PingRequest[] = [];
  let heldBack: HeldBack | undefined;
  let refused = 0;
  const timer = new RoundTimer(
    { deadline: round.deadline, endsWhenUseful: round.onAnswer !== undefined },
    { clock, signal: over.signal, onEnd: stop },
  );
  round.onEarlierAnswer?.(() => timer.noteUseful());
  const takeResult = (probe: RoundProbe, result: PingResult): void => {
    if (result.reply === undefined) {
      silent.push(probe.request);
      round.onSilence?.(probe.request);
      return;
    }
    answers.push(result);
    const { waitedMs } = probe;
    timer.noteAnswer(waitedMs, round.onAnswer?.(result, waitedMs) ?? true);
  };
  const takeError = ({ request, state }: RoundProbe, error: unknown): void => {
    if (!(error instanceof ProbingError)) throw error;
    // A ping that the end of the round has cut off is unanswered if it had left; any other error says nothing about the target.
    if (error.code === 'cancelled') {
      if (state === 'left') silent.push(request);
      else if (state !== 'held') unsent.push(request);
      return;
    }
    refused++;
    if (error.code === 'proberStopped') unsent.push(request);
    else round.onRefused?.(request, error);
    if (isHeldBack(error)) heldBack ??= error;
  };
  const probes = round.requests.map((request) => {
    const probe = new RoundProbe(request, round, timer, signal);
    return prober.ping(request, over.signal, probe).then(
      (result) => takeResult(probe, result),
      (error: unknown) => takeError(probe, error),
    );
  });
  timer.check();
  try {
    // Most rounds have one probe.
    await (probes.length === 1 ? probes[0] : Promise.all(probes));
  } finally {
    stop();
    signal?.removeEventListener('abort', stop);
  }
  if (signal?.aborted) throw cancelled();
  if (heldBack !== undefined && refused === round.requests.length) throw heldBack;
  return { answers, silent, unsent, hasUsefulAnswer: timer.hasUsefulAnswer };
}

/** A probe that tells its round of an answer or a silence after the end of the round. */
class RoundProbe extends TimedProbe implements SharedPingHooks {
  readonly request: PingRequest;
  readonly #round: Round;
  readonly #signal: AbortSignal | undefined;

  constructor(request: PingRequest, round: Round, timer: RoundTimer, signal: AbortSignal | undefined) {
    super(timer);
    this.request = request;
    this.#round = round;
    this.#signal = signal;
  }

  lateListener(): LateListener | undefined {
    const { onLateAnswer, onSilence } = this.#round;
    const isListening = onLateAnswer !== undefined || onSilence !== undefined;
    if (!isListening || this.#signal?.aborted === true || !['queued', 'left'].includes(this.state)) return undefined;
    return (result) => {
      if (result.reply === undefined) onSilence?.(this.request);
      else onLateAnswer?.(result, this.waitedMs);
    };
  }
}

/** Why probes of a round that is over end. One object for all: making errors is costly. */
const ROUND_OVER = 'the round is over';
