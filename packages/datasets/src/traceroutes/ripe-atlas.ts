import { isTraceroute, readTraceroute } from '@revtr/ripe-atlas';
import { MOST_HOPS, type PublicTraceroute } from './public-traceroute.ts';

/** A result of RIPE Atlas, from parsed JSON; `undefined` if it is no IPv4 traceroute that has reached its target. */
export function ripeAtlasTraceroute(json: unknown): PublicTraceroute | undefined {
  const result = readTraceroute(json);
  if (!isTraceroute(result) || !result.isReached) return undefined;
  const { from: origin, target, at, hops } = result;
  if (origin === undefined || target === undefined) return undefined;
  const last = hops.at(-1)?.ttl ?? 0;
  if (last < 1 || last > MOST_HOPS) return undefined;
  const byTtl = new Map(hops.map((hop) => [hop.ttl, hop.from]));
  return { origin, target, at, hops: Array.from({ length: last }, (_, i) => byTtl.get(i + 1)) };
}
