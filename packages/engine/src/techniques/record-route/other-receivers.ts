import type { Ipv4Address } from '@revtr/net';
import { isHeldBack } from '@revtr/probing';
import { recordRoutePing } from '../../record-route/ping.ts';
import { readRecordRoute, recordRouteAnswer } from '../../record-route/read-answer.ts';
import { runRound } from '../../timing/round.ts';
import type { Measurement } from '../contract/measurement.ts';

/** Most vantage points that ask. */
const MOST_RECEIVERS = 3;

/**
 * The routers to which `target` sends its answers to other receivers than the source: the vantage points nearest to it ping it with the Record
 * Route option, from their own addresses. A router whose answers all go the same way, although packets that pass it go another way, has a
 * route for its own packets, for example into a tunnel (the check of the original, which asks five receivers).
 *
 * @param timeoutMs how long answers are waited for at most, milliseconds
 * @throws {ProbingError} `cancelled`
 */
export async function nextHopsToReceivers(
  measurement: Measurement,
  target: Ipv4Address,
  timeoutMs: number,
): Promise<Ipv4Address[]> {
  const { path, ranking, prober, stats, clock, adaptiveTimeout, aliases, ipToAs } = measurement;
  const receivers = ranking
    .rank(target)
    .filter(({ address }) => address !== path.source)
    .slice(0, MOST_RECEIVERS)
    .map(({ address }) => address);
  if (receivers.length === 0) return [];
  const requests = receivers.map((receiver) => recordRoutePing(receiver, receiver, target, timeoutMs));
  const patienceMs = adaptiveTimeout.timeoutFor(receivers[0], target);
  const startedAt = clock.now();
  stats.recordRoutePings += prober.fresh(requests);
  stats.recordRouteRounds++;
  const outcome = await runRound({ requests, deadline: () => patienceMs }, measurement).catch((error: unknown) => {
    if (!isHeldBack(error)) throw error;
    return { answers: [] };
  });
  stats.recordRouteMs += clock.now() - startedAt;
  return outcome.answers.flatMap((result) => {
    const answer = recordRouteAnswer(result);
    if (answer === undefined) return [];
    const { hops } = readRecordRoute(answer, { aliases, ipToAs, useHeuristics: false });
    return hops.slice(0, 1).map(({ address }) => address);
  });
}
