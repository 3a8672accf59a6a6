import type { Ipv4Address } from '@revtr/net';
import type { PingRequest } from '@revtr/probing';
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
export async function askSpoofed(measurement: Measurement, round: SpoofedRound): Promise<RoundAnswers> {
  const { path, prober, stats, clock } = measurement;
  const startedAt = clock.now();
  const { senders, timeoutMs, ...rest } = round;
  const requests = senders.map((sender) => recordRoutePing(sender, path.source, round.target, timeoutMs));
  const onSend = (sent: readonly PingRequest[]): void => {
    stats.spoofedRecordRoutePings += prober.fresh(sent);
    stats.spoofedRecordRouteRounds++;
  };
  return runListeningRound(measurement, { ...rest, requests, onSend }).finally(() => {
    stats.spoofedRecordRouteMs += clock.now() - startedAt;
  });
}
