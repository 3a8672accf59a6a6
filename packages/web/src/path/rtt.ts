import type { PathHop } from './hop.ts';

/** A jump of at least this many milliseconds between two hops is marked. */
const JUMP_MS = 30;

/** What the RTT column shows. */
export interface RttScale {
  /** The right end of the scale, milliseconds; 0 when no hop has an RTT. */
  readonly maxMs: number;
  /** By the position of the farther hop: how much longer its RTT is than that of the next hop toward the source. */
  readonly jumps: ReadonlyMap<number, number>;
}

/** The common scale of the RTTs of a path, and its jumps. */
export function toRttScale(hops: readonly PathHop[]): RttScale {
  const jumps = new Map<number, number>();
  let nearer: number | undefined;
  for (let index = hops.length - 1; index >= 0; index--) {
    const { rttMs } = hops[index];
    if (rttMs === undefined) continue;
    if (nearer !== undefined && rttMs - nearer >= JUMP_MS) jumps.set(index, rttMs - nearer);
    nearer = rttMs;
  }
  return { maxMs: Math.max(0, ...hops.map(({ rttMs = 0 }) => rttMs)), jumps };
}
