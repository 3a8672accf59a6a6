import type { Ipv4Address } from '@revtr/net';
import { recordRoutePing } from '../../record-route/ping.ts';
import type { Measurement } from '../contract/measurement.ts';
import { type ListeningRound, type RoundAnswers, runListeningRound } from './listening-round.ts';

/** One round of spoofed Record Route pings. */
export interface SpoofedRound extends Pick<ListeningRound, 'target' | 'deadline' | 'useHeuristics' | 'onSilence'> {
  readonly senders: readonly Ipv4Address[];
  /** How long an answer is listened for, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends one round of spoofed Record Route pings, and reads the answers that arrive before its deadline.
 * @throws {ProbingError} as {@link runListeningRound}
 */
export function askSpoofed(measurement: Measurement, round: SpoofedRound): Promise<RoundAnswers> {
  const { source } = measurement.path;
  const { senders, timeoutMs, ...rest } = round;
  const requests = senders.map((sender) => recordRoutePing(sender, source, round.target, timeoutMs));
  return runListeningRound(measurement, { ...rest, requests, counters: COUNTERS });
}

const COUNTERS = {
  pings: 'spoofedRecordRoutePings',
  rounds: 'spoofedRecordRouteRounds',
  ms: 'spoofedRecordRouteMs',
} as const;
