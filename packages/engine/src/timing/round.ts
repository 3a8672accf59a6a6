import { type Clock, cancelled, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';

/** State of a round of parallel probes. */
export interface RoundState {
  /** When the first answer and the first useful answer came, milliseconds after the start; `undefined` before that. */
  readonly firstAnswerMs: number | undefined;
  readonly firstUsefulMs: number | undefined;
}

/** When a round ends although answers are missing, milliseconds after its start. It is asked again after each answer and can only become earlier. */
export type RoundDeadline = (state: RoundState) => number;

/** A round of parallel probes. */
export interface Round {
  readonly requests: readonly PingRequest[];
  readonly deadline: RoundDeadline;
  /** Called with each answer; returns whether the answer is useful. Default: every answer is. */
  readonly onAnswer?: (result: PingResult) => boolean;
}

/** What a round has shown. Pings that the prober refused are neither answered nor silent nor unsent. */
export interface RoundOutcome {
  /** The answers, in the order of their arrival. */
  readonly answers: readonly PingResult[];
  /** Pings that had no answer when the round ended. */
  readonly silent: readonly PingRequest[];
  /** Pings that the prober could not send at this time (`proberStopped`). */
  readonly unsent: readonly PingRequest[];
  /** Whether one of the answers was useful. */
  readonly hasUsefulAnswer: boolean;
}

/**
 * Sends the probes of a round in parallel, and collects answers until all have arrived or the deadline has passed.
 * @throws {ProbingError} `cancelled`
 */
export async function runRound(
  round: Round,
  { prober, clock, signal }: { readonly prober: Prober; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<RoundOutcome> {
  const startedAt = clock.now();
  const over = new AbortController();
  const stop = (): void => over.abort(ROUND_OVER);
  signal?.addEventListener('abort', stop, { once: true });
  const answers: PingResult[] = [];
  const silent: PingRequest[] = [];
  const unsent: PingRequest[] = [];
  const state: { firstAnswerMs: number | undefined; firstUsefulMs: number | undefined } = {
    firstAnswerMs: undefined,
    firstUsefulMs: undefined,
  };
  let stopsAtMs = Number.POSITIVE_INFINITY;
  const keepDeadline = (): void => {
    const elapsedMs = clock.now() - startedAt;
    const deadlineMs = round.deadline(state);
    if (deadlineMs >= stopsAtMs) return;
    stopsAtMs = deadlineMs;
    clock.sleep(Math.max(0, deadlineMs - elapsedMs), over.signal).then(stop, () => undefined);
  };
  const probes = round.requests.map(async (request) => {
    const result = await prober.ping(request, over.signal).catch(asFailure);
    if (result === 'refused') return;
    if (result === 'unsent') {
      unsent.push(request);
      return;
    }
    if (result === 'unanswered' || result.reply === undefined) {
      silent.push(request);
      return;
    }
    answers.push(result);
    const elapsedMs = clock.now() - startedAt;
    state.firstAnswerMs ??= elapsedMs;
    if (round.onAnswer?.(result) ?? true) state.firstUsefulMs ??= elapsedMs;
    keepDeadline();
  });
  keepDeadline();
  try {
    await Promise.all(probes);
  } finally {
    stop();
    signal?.removeEventListener('abort', stop);
  }
  if (signal?.aborted) throw cancelled();
  return { answers, silent, unsent, hasUsefulAnswer: state.firstUsefulMs !== undefined };
}

/** Why probes of a round that is over end. One object for all: making errors is costly. */
const ROUND_OVER = 'the round is over';

/** A ping that the end of the round has cut off is unanswered; any other error of the prober says nothing about the target. */
function asFailure(error: unknown): 'unanswered' | 'unsent' | 'refused' {
  if (!(error instanceof ProbingError)) throw error;
  if (error.code === 'cancelled') return 'unanswered';
  return error.code === 'proberStopped' ? 'unsent' : 'refused';
}
