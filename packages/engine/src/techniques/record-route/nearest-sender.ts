import type { Ipv4Address } from '@revtr/net';
import { isHeldBack } from '@revtr/probing';
import type { Measurement } from '../contract/measurement.ts';
import { askDirectly } from './direct-round.ts';
import { askSpoofed } from './spoofed-round.ts';

/** How long an answer is listened for, milliseconds. */
const LISTEN_MS = 3_000;

/**
 * Sends one Record Route ping to `target`, from the source or from a vantage point that is known to be nearer: its answer has most slots left
 * for the way back. The answer is in `targetAnswers` afterwards, if one came in time. Does nothing for a target that may not be probed, or that has
 * not answered recently. @throws {ProbingError} `cancelled`, `proberStopped`
 */
export async function askFromNearest(measurement: Measurement, target: Ipv4Address): Promise<void> {
  const { path, silentTargets, clock, adaptiveTimeout, ranking } = measurement;
  const { source } = path;
  if (!measurement.mayProbe(target) || silentTargets.isSilent(target, source, clock.now())) return;
  const own = ranking.expectedDistance(source, target) ?? Number.POSITIVE_INFINITY;
  const spoofer = ranking
    .rank(target)
    .find(({ address, level, distance }) => address !== source && level !== 'unknown' && distance < own);
  const patienceMs = adaptiveTimeout.patienceFor([spoofer?.address ?? source], target);
  const useHeuristics = measurement.options.useHeuristics ?? true;
  const round = { target, deadline: () => patienceMs, useHeuristics, timeoutMs: LISTEN_MS };
  const asked =
    spoofer === undefined
      ? askDirectly(measurement, round)
      : askSpoofed(measurement, { ...round, senders: [spoofer.address] });
  await asked.catch((error: unknown) => {
    if (!isHeldBack(error)) throw error;
  });
}
