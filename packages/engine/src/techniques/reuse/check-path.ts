import type { Ipv4Address } from '@revtr/net';
import type { Intersection } from '../../atlas/intersection.ts';
import type { Hop } from '../../path/hop.ts';
import type { Measurement } from '../contract/measurement.ts';
import { bestAnswer } from '../record-route/best-answer.ts';
import { askFromNearest } from '../record-route/nearest-sender.ts';

/** Age from which what is known of a path is checked by a probe before it is used, milliseconds. */
export const CHECKED_FROM_MS = 60_000;

/** How long all paths of a source are checked after an answer has contradicted one of them, milliseconds. */
const SUSPICION_MS = 600_000;

/**
 * Sends a Record Route ping to the hop where a path of the atlas is met, if the path is not fresh and one of these holds:
 *
 * - the path is the end of an earlier reverse traceroute;
 * - the destination itself lies on the path, so that no probe would be sent at all;
 * - an answer has contradicted a path of the source in the last ten minutes.
 *
 * Stamps and TTL of the answer tell whether packets still take the path; without an answer, the TTL of a reply to a ping without options may.
 * Returns whether an answer may have contradicted the path. Other paths are not checked: in a day fewer of them become wrong than the probes would
 * find.
 *
 * @throws {ProbingError} `cancelled`, `proberStopped`
 */
export async function checkPath(
  measurement: Measurement,
  met: Ipv4Address,
  { traceroute: { at, platform } }: Intersection,
): Promise<boolean> {
  const { path, atlas, clock, targetAnswers, plainPings } = measurement;
  const now = clock.now();
  if (at > now - CHECKED_FROM_MS || targetAnswers.hasAnswered(met) || !measurement.mayProbe(met)) return false;
  const isReused = platform === 'reverseTraceroute';
  const isSuspect = atlas.hasChangedSince(path.source, Math.max(at, now - SUSPICION_MS));
  if (!isReused && path.hops.length > 1 && !isSuspect) return false;
  await askFromNearest(measurement, met);
  return targetAnswers.hasAnswered(met) || (await plainPings.distanceOf(met)) !== undefined;
}

/** The hops that the answers of a hop in this measurement show behind it; `undefined` when there are none. */
export function freshHops({ targetAnswers }: Measurement, address: Ipv4Address): readonly Hop[] | undefined {
  return bestAnswer(targetAnswers.answersOf(address))?.hops;
}
