import type { PingRequest } from '@revtr/probing';
import { recordRoutePing } from '../../record-route/ping.ts';
import type { Measurement } from '../contract/measurement.ts';
import { type ListeningRound, type RoundAnswers, runListeningRound } from './listening-round.ts';

/** A round with one Record Route ping from the source. */
export interface DirectRound extends Pick<ListeningRound, 'target' | 'deadline' | 'useHeuristics'> {
  /** How long the answer is listened for, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends one Record Route ping from the source, and reads the answer if it arrives before the deadline.
 * @throws {ProbingError} as {@link runListeningRound}
 */
export async function askDirectly(measurement: Measurement, round: DirectRound): Promise<RoundAnswers> {
  const { path, prober, stats, clock } = measurement;
  const startedAt = clock.now();
  const { timeoutMs, ...rest } = round;
  const requests = [recordRoutePing(path.source, path.source, round.target, timeoutMs)];
  const onSend = (sent: readonly PingRequest[]): void => {
    stats.recordRoutePings += prober.fresh(sent);
    stats.recordRouteRounds++;
  };
  return runListeningRound(measurement, { ...rest, requests, onSend }).finally(() => {
    stats.recordRouteMs += clock.now() - startedAt;
  });
}
