import type { Ipv4Address } from '@revtr/net';
import type { PingResult } from '@revtr/probing';
import { recordRoutePing } from '../../record-route/ping.ts';
import { type RoundDeadline, runRound } from '../../timing/round.ts';
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
  /** Called with each vantage point whose ping is held back to protect a network, and therefore not sent. */
  readonly onHeldBack?: (sender: Ipv4Address) => void;
}

/**
 * Sends one round of spoofed Record Route pings, and reads the answers that arrive before its deadline.
 * @throws {ProbingError} `cancelled` when the signal of the measurement fires; `budgetExhausted` or `circuitOpen` when no ping was sent
 */
export async function askSpoofed(measurement: Measurement, round: SpoofedRound): Promise<ReadAnswer[]> {
  const { path, prober, stats } = measurement;
  const { target, senders, timeoutMs, deadline, useHeuristics, onHeldBack } = round;
  const requests = senders.map((sender) => recordRoutePing(sender, path.source, target, timeoutMs));
  stats.spoofedRecordRoutePings += prober.fresh(requests);
  stats.spoofedRecordRouteRounds++;
  const answers: ReadAnswer[] = [];
  const onAnswer = (result: PingResult): boolean => {
    const answer = readAnswer(measurement, result, useHeuristics);
    if (answer !== undefined) answers.push(answer);
    return answer !== undefined && answer.hops.length > 0;
  };
  await runRound({ requests, deadline, onAnswer, onHeldBack: ({ sender }) => onHeldBack?.(sender) }, measurement);
  return answers;
}
