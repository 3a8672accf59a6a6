import type { Ipv4Address } from '@revtr/net';
import { isHeldBack, type PingRequest, type PingResult, type ProbingError } from '@revtr/probing';
import type { ProbeStats } from '../../measurement/stats.ts';
import { runConfirmedRound } from '../../timing/confirmed-round.ts';
import type { RoundOutcome } from '../../timing/round.ts';
import type { RoundDeadline } from '../../timing/round-deadline.ts';
import type { Measurement } from '../contract/measurement.ts';
import type { ReadAnswer } from '../contract/target-answers.ts';
import { readAnswer } from './record-route-answer.ts';

/** A round of Record Route pings to one target. */
export interface ListeningRound {
  readonly target: Ipv4Address;
  readonly requests: readonly PingRequest[];
  readonly deadline: RoundDeadline;
  readonly useHeuristics: boolean;
  /** Which statistics count the pings, the rounds and their time. */
  readonly counters: Readonly<Record<'pings' | 'rounds' | 'ms', keyof ProbeStats>>;
  /** Called with each sender whose ping was waited for until its own timeout without an answer, during the round or after it. */
  readonly onSilence?: (sender: Ipv4Address) => void;
}

/** What a round has shown when it ended. */
export interface RoundAnswers {
  readonly answers: readonly ReadAnswer[];
  /** Senders whose ping was sent and has no answer with the option yet. A sender that was offline is not among them. */
  readonly unanswered: readonly Ipv4Address[];
  /** Senders whose ping was held back to protect a network, and therefore not sent. */
  readonly heldBack: readonly Ipv4Address[];
}

/**
 * Runs a round of Record Route pings, and reads the answers. The end of the round lets the measurement go on; the pings stay open until their
 * own timeout. An answer that comes later teaches the same as one in time, and is kept in `targetAnswers`. Only a ping without any answer is
 * booked as a silence.
 * @throws {ProbingError} `cancelled` when the signal of the measurement fires; `proberStopped` when the source stays offline;
 * `budgetExhausted` or `circuitOpen` when no ping was sent
 */
export async function runListeningRound(measurement: Measurement, round: ListeningRound): Promise<RoundAnswers> {
  const { path, clock, silentTargets, adaptiveTimeout, targetAnswers, stats, prober } = measurement;
  const { target, requests, deadline, useHeuristics, counters } = round;
  const { source } = path;
  const startedAt = clock.now();
  const answers: ReadAnswer[] = [];
  const withoutOption: Ipv4Address[] = [];
  const heldBack: Ipv4Address[] = [];
  const onAnswer = (result: PingResult, waitedMs: number): boolean => {
    const answer = readAnswer(measurement, result, waitedMs, useHeuristics);
    if (answer === undefined) withoutOption.push(result.request.sender);
    else {
      answers.push(answer);
      targetAnswers.noteAnswer(answer);
    }
    return answer !== undefined && answer.hops.length > 0;
  };
  const onLateAnswer = (result: PingResult, waitedMs: number): void => {
    const answer = readAnswer(measurement, result, waitedMs, useHeuristics);
    if (answer !== undefined) targetAnswers.noteLateAnswer(answer);
  };
  const onSilence = ({ sender }: PingRequest): void => {
    adaptiveTimeout.observeSilence(sender, target);
    silentTargets.recordSilence({ target, sender, source, sentAt: startedAt }, clock.now());
    round.onSilence?.(sender);
  };
  const onRefused = ({ sender }: PingRequest, error: ProbingError): void => {
    if (isHeldBack(error)) heldBack.push(sender);
  };
  const onSend = (sent: readonly PingRequest[]): void => {
    stats[counters.pings] += prober.fresh(sent);
    stats[counters.rounds]++;
  };
  const onEarlierAnswer = (listener: () => void): void => targetAnswers.onNextUsefulAnswer(target, listener);
  let outcome: RoundOutcome;
  try {
    outcome = await runConfirmedRound(
      { source, requests, deadline, onEarlierAnswer, onAnswer, onLateAnswer, onSilence, onSend, onRefused },
      measurement,
    );
  } finally {
    stats[counters.ms] += clock.now() - startedAt;
  }
  const { silent } = outcome;
  const unanswered = [...withoutOption, ...silent.map(({ sender }) => sender)];
  for (const sender of unanswered) targetAnswers.noteUnanswered(target, sender);
  return { answers, unanswered, heldBack };
}
