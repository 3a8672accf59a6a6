import type { Ipv4Address } from '@revtr/net';
import { type Clock, isHeldBack, type PingRequest, type PingResult } from '@revtr/probing';
import type { Outages } from './outages.ts';
import { type Round, type RoundOutcome, type RoundProber, runRound } from './round.ts';

/** A round whose silences may be booked on the targets. */
export interface ConfirmedRound extends Round {
  /** The source of the measurement. While it is offline, the round waits. */
  readonly source: Ipv4Address;
  /** Called with the pings of the round before they are sent, and again with those that are repeated. */
  readonly onSend?: (requests: readonly PingRequest[]) => void;
}

/**
 * Runs a round, and repeats its unanswered pings if the source was offline meanwhile. A ping whose sender or receiver was offline is not
 * among the silent ones of the outcome, and `onSilence` is not called with it. A round with a useful answer is not examined, because its
 * other pings were cut short.
 * @throws {ProbingError} `cancelled`; `proberStopped` when the source is not online in time; `budgetExhausted` or `circuitOpen` when that kept
 * every ping from being sent
 */
export function runConfirmedRound(round: ConfirmedRound, collaborators: Collaborators): Promise<RoundOutcome> {
  if (collaborators.outages.areWatched) return runWatchedRound(round, collaborators);
  round.onSend?.(round.requests);
  return runRound(round, collaborators);
}

interface Collaborators {
  readonly prober: RoundProber;
  readonly clock: Clock;
  readonly outages: Outages;
  readonly signal?: AbortSignal;
}

async function runWatchedRound(round: ConfirmedRound, collaborators: Collaborators): Promise<RoundOutcome> {
  const { clock, outages, signal } = collaborators;
  const { source, onSend, onAnswer } = round;
  const answers: PingResult[] = [];
  let { requests } = round;
  await outages.untilOnline(source, signal);
  for (;;) {
    onSend?.(requests);
    const since = clock.now();
    const onSilence = round.onSilence && confirmed(round.onSilence, since, outages);
    const current = { ...round, requests, ...(onSilence && { onSilence }) };
    let outcome: RoundOutcome;
    try {
      outcome = await runRound(current, collaborators);
    } catch (error) {
      // The answers that came before the outage remain.
      if (!isHeldBack(error) || answers.length === 0) throw error;
      outcome = { answers: [], silent: [], unsent: [], hasUsefulAnswer: onAnswer === undefined };
    }
    answers.push(...outcome.answers);
    const missing = [...outcome.silent, ...outcome.unsent];
    const isEnough = onAnswer !== undefined && outcome.hasUsefulAnswer;
    if (missing.length === 0 || isEnough) return { ...outcome, answers };
    const offline = await outages.offlineSince([...new Set(missing.flatMap(hostsOf))], since, signal);
    const silent = outcome.silent.filter((request) => !hostsOf(request).some((host) => offline.has(host)));
    const lost = missing.filter((request) => receiverOf(request) === source);
    if (!offline.has(source) || lost.length === 0) return { ...outcome, answers, silent };
    requests = lost;
    await outages.untilBack(source, signal);
  }
}

/** `onSilence` for silences of pings whose hosts were online since `since` (milliseconds since the Unix epoch). */
function confirmed(
  onSilence: (request: PingRequest) => void,
  since: number,
  outages: Outages,
): (request: PingRequest) => void {
  return (request) => {
    // A check that fails says nothing, so the silence does not count.
    const check = outages.offlineSince(hostsOf(request), since).catch(() => undefined);
    void check.then((offline) => {
      if (offline?.size === 0) onSilence(request);
    });
  };
}

const receiverOf = ({ sender, spoof }: PingRequest): Ipv4Address => spoof?.receiver ?? sender;
const hostsOf = (request: PingRequest): Ipv4Address[] => [request.sender, receiverOf(request)];
