import { type Clock, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';

/** State of a round of parallel probes, for deciding how long to wait. */
export interface RoundState {
  readonly elapsedMs: number;
  /** When the first answer came and the first useful one, milliseconds after the start. */
  readonly firstAnswerMs: number | undefined;
  readonly firstUsefulMs: number | undefined;
}

/** When a round ends though answers are missing: milliseconds after its start. Asked again after every answer. */
export type RoundDeadline = (state: RoundState) => number;

export interface Round {
  readonly requests: readonly PingRequest[];
  readonly deadline: RoundDeadline;
  /** Whether an answer is worth ending the round for. */
  readonly isUseful: (result: PingResult) => boolean;
}

/**
 * Sends the probes of a round at once and gathers answers until all are there or the deadline has passed. Probes that
 * could not be sent are left out. @throws {ProbingError} `cancelled`
 */
export async function runRound(
  round: Round,
  { prober, clock, signal }: { readonly prober: Prober; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<PingResult[]> {
  const startedAt = clock.now();
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const answers: PingResult[] = [];
  let firstAnswerMs: number | undefined;
  let firstUsefulMs: number | undefined;
  const probes = round.requests.map(async (request) => {
    const result = await prober.ping(request, over.signal).catch(ignoreRefusal);
    if (result?.reply === undefined) return;
    const elapsed = clock.now() - startedAt;
    answers.push(result);
    firstAnswerMs ??= elapsed;
    if (round.isUseful(result)) firstUsefulMs ??= elapsed;
    updateTimer();
  });
  let timer: AbortController | undefined;
  const updateTimer = (): void => {
    timer?.abort();
    const elapsedMs = clock.now() - startedAt;
    const left = round.deadline({ elapsedMs, firstAnswerMs, firstUsefulMs }) - elapsedMs;
    const current = new AbortController();
    timer = current;
    clock.sleep(Math.max(0, left), current.signal).then(stop, () => undefined);
  };
  updateTimer();
  try {
    await Promise.all(probes);
  } finally {
    timer?.abort();
    signal?.removeEventListener('abort', stop);
  }
  if (signal?.aborted) throw new ProbingError('cancelled', 'cancelled by the caller');
  return answers;
}

function ignoreRefusal(error: unknown): undefined {
  if (error instanceof ProbingError) return undefined;
  throw error;
}
