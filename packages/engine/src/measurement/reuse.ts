import type { Hop } from '../path/hop.ts';
import type { Reuse } from './result.ts';

/**
 * The reuse that a path consists of; `undefined` when a probe since `startedAt` (milliseconds since the Unix epoch) showed any of its hops, or
 * when it has no hop but the destination.
 */
export function reuseOf(hops: readonly Hop[], startedAt: number): Reuse | undefined {
  const times = hops.flatMap(({ evidence }) => ('at' in evidence ? [evidence.at] : []));
  if (times.length === 0 || times.some((at) => at >= startedAt)) return undefined;
  return { oldestAgeMs: startedAt - Math.min(...times) };
}
