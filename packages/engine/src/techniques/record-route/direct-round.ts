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
export function askDirectly(measurement: Measurement, round: DirectRound): Promise<RoundAnswers> {
  const { source } = measurement.path;
  const { timeoutMs, ...rest } = round;
  const requests = [recordRoutePing(source, source, round.target, timeoutMs)];
  return runListeningRound(measurement, { ...rest, requests, counters: COUNTERS });
}

const COUNTERS = { pings: 'recordRoutePings', rounds: 'recordRouteRounds', ms: 'recordRouteMs' } as const;
