import type { Ipv4Address } from '@revtr/net';
import type { PingRequest, PingResult } from '@revtr/probing';
import { recordRoutePing } from '../../record-route/ping.ts';
import { runConfirmedRound } from '../../timing/confirmed-round.ts';
import type { RoundDeadline } from '../../timing/round.ts';
import type { Measurement } from '../contract/measurement.ts';
import { type ReadAnswer, readAnswer } from './record-route-answer.ts';

/** One round of spoofed Record Route pings. */
export interface SpoofedRound {
  readonly target: Ipv4Address;
  readonly senders: readonly Ipv4Address[];
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
  readonly deadline: RoundDeadline;
  readonly useHeuristics: boolean;
}

/** What a spoofed round has shown. */
export interface SpoofedAnswers {
  readonly answers: readonly ReadAnswer[];
  /** Senders whose ping was sent and not answered with the option. A sender that was offline is not among them. */
  readonly unanswered: readonly Ipv4Address[];
  /** Senders whose ping was held back to protect a network, and therefore not sent. */
  readonly heldBack: readonly Ipv4Address[];
}

/**
 * Sends one round of spoofed Record Route pings, and reads the answers that arrive before its deadline.
 * @throws {ProbingError} `cancelled` when the signal of the measurement fires; `proberStopped` when the source stays offline;
 * `budgetExhausted` or `circuitOpen` when no ping was sent
 */
export async function askSpoofed(measurement: Measurement, round: SpoofedRound): Promise<SpoofedAnswers> {
  const { path, prober, stats } = measurement;
  const { target, senders, timeoutMs, deadline, useHeuristics } = round;
  const requests = senders.map((sender) => recordRoutePing(sender, path.source, target, timeoutMs));
  const onSend = (sent: readonly PingRequest[]): void => {
    stats.spoofedRecordRoutePings += prober.fresh(sent);
    stats.spoofedRecordRouteRounds++;
  };
  const answers: ReadAnswer[] = [];
  const withoutOption: Ipv4Address[] = [];
  const onAnswer = (result: PingResult): boolean => {
    const answer = readAnswer(measurement, result, useHeuristics);
    if (answer === undefined) withoutOption.push(result.request.sender);
    else answers.push(answer);
    return answer !== undefined && answer.hops.length > 0;
  };
  const heldBack: Ipv4Address[] = [];
  const onHeldBack = ({ sender }: PingRequest): void => {
    heldBack.push(sender);
  };
  const confirmed = { source: path.source, requests, deadline, onAnswer, onSend, onHeldBack };
  const { silent } = await runConfirmedRound(confirmed, measurement);
  return { answers, unanswered: [...withoutOption, ...silent.map(({ sender }) => sender)], heldBack };
}
