import type { Ipv4Address } from '@revtr/net';
import { OUT_OF_REACH } from './ranking.ts';
import type { RunningDistance } from './running-distance.ts';

/** Largest mean distance, in slots, that leaves room for the reverse path. Means may lie between whole slots. */
export const USABLE = OUT_OF_REACH - 0.5;

/** Sorts vantage points by the number of networks they reach, highest first. */
export function mostReachingFirst(
  vantagePoints: Iterable<Ipv4Address>,
  networks: Iterable<ReadonlyMap<Ipv4Address, RunningDistance>>,
): Ipv4Address[] {
  const reached = new Map([...vantagePoints].map((vantagePoint) => [vantagePoint, 0]));
  for (const bySender of networks)
    for (const [sender, { distance }] of bySender) {
      const known = reached.get(sender);
      if (distance < USABLE && known !== undefined) reached.set(sender, known + 1);
    }
  return [...reached].sort(([, a], [, b]) => b - a).map(([vantagePoint]) => vantagePoint);
}
