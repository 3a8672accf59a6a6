import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import { hopsTravelled } from '../../timing/plain-pings.ts';
import type { Measurement } from '../contract/measurement.ts';
import { MOST_HOPS, TailProbes } from './tail-probes.ts';

/** Hops probed at once before the expected distance of the target, and behind it. */
const BEFORE = 4;
const BEHIND = 1;
/** Hops probed at once when the target was not where it was expected, and how often. */
const WINDOW = 4;
const MOST_WINDOWS = 4;
/** Hops probed at once towards a target that answers no ping, until so many in a row are silent. */
const BLIND_WINDOW = 6;
const BLIND_GAP = 3;

/**
 * Measures only the end of the forward path from the source: a ping shows how far the target is, and TTL-limited pings to the hops
 * around that distance go out at once. Towards a target that answers no ping they go out from the first hop on.
 */
export async function traceTail(
  measurement: Measurement,
  target: Ipv4Address,
  options: { /** Longest wait for a reply, milliseconds. */ readonly timeoutMs: number },
): Promise<TracerouteResult> {
  const { path, plainPings, stats, adaptiveTimeout, clock } = measurement;
  stats.traceroutes++;
  const sender = path.source;
  const startedAt = clock.now();
  const patience = Math.min(options.timeoutMs, adaptiveTimeout.timeoutFor(sender, target));
  const reply = await plainPings.replyOf(target);
  const tail = new TailProbes(
    measurement,
    target,
    reply === undefined ? patience : Math.min(options.timeoutMs, 200 + 1.5 * reply.rttMs),
  );
  if (reply === undefined) await probeBlindly(tail);
  else await probeAround(tail, Math.min(MOST_HOPS, hopsTravelled(reply.ttl) ?? MOST_HOPS));
  await tail.retryBefore();
  const request = { type: 'traceroute', sender, target, firstHop: tail.first, timeoutMs: options.timeoutMs } as const;
  const stop = tail.reachedAt === undefined ? 'gapLimit' : 'completed';
  return { type: 'traceroute', request, startedAt, endedAt: clock.now(), stop, hops: tail.hops, probesSent: tail.sent };
}

/**
 * Probes around the distance at which the target should be, and further out on the side on which something is missing. When nothing answers, the
 * target is probably nearer, and slower than its routers.
 */
async function probeAround(tail: TailProbes, distance: number): Promise<void> {
  await tail.probe(distance - BEFORE, distance + BEHIND);
  for (let window = 0; window < MOST_WINDOWS; window++) {
    if (!tail.showsHopBefore && tail.first > 1) await tail.probe(tail.first - WINDOW, tail.first - 1);
    else if (tail.reachedAt === undefined && tail.last < MOST_HOPS) await tail.probe(tail.last + 1, tail.last + WINDOW);
  }
}

/** Probes from the source on until nothing answers any more: the target itself will not. */
async function probeBlindly(tail: TailProbes): Promise<void> {
  await tail.probe(1, BLIND_WINDOW);
  // So many routers in a row are rarely silent. A short interruption between here and the source makes all of them look so.
  if (tail.silentEnd === tail.last) await tail.probe(1, BLIND_WINDOW);
  while (tail.reachedAt === undefined && tail.silentEnd < BLIND_GAP && tail.last < MOST_HOPS)
    await tail.probe(tail.last + 1, tail.last + BLIND_WINDOW);
}
