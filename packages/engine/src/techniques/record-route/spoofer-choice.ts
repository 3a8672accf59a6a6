import type { RankedVantagePoint } from '../../ranking/ranking.ts';
import type { SharedPings } from '../../timing/shared-pings.ts';

/**
 * How many spoofers a round asks:
 * - `sizes`: fixed numbers by round; the last one repeats;
 * - `untilChance`: as many as are needed for this probability (0 to 1) that at least one is within reach, at most `most`. After the first round,
 *   only those are asked that are within reach with a probability of `leastChance` or more.
 */
export type RoundSizes =
  | { readonly sizes: readonly number[] }
  | { readonly untilChance: number; readonly most: number; readonly leastChance: number };

/** Number of spoofers for round `round` (from 0), of those that are left, best first. */
export function roundSize(sizes: RoundSizes, round: number, left: readonly RankedVantagePoint[]): number {
  if ('sizes' in sizes) return sizes.sizes[Math.min(round, sizes.sizes.length - 1)];
  if (round > 0 && !left.some(({ chance }) => chance >= sizes.leastChance)) return 0;
  let miss = 1;
  let size = 0;
  while (size < Math.min(sizes.most, left.length) && 1 - miss < sizes.untilChance) miss *= 1 - left[size++].chance;
  return size;
}

/** Vantage points whose distances differ by no more than this, in slots, are about equally near. */
const ABOUT_THE_SAME = 0.5;

/** Sorts those that are about as near as the nearest by the pings that they have in flight; the others keep their order behind them. */
export function idleFirst(
  spoofers: readonly RankedVantagePoint[],
  prober: Pick<SharedPings, 'loadOf'>,
): readonly RankedVantagePoint[] {
  const [nearest] = spoofers;
  if (nearest === undefined) return spoofers;
  const isNear = ({ distance, level }: RankedVantagePoint): boolean =>
    level === nearest.level && distance <= nearest.distance + ABOUT_THE_SAME;
  const end = spoofers.findIndex((spoofer) => !isNear(spoofer));
  const near = end < 0 ? [...spoofers] : spoofers.slice(0, end);
  near.sort((a, b) => prober.loadOf(a.address) - prober.loadOf(b.address));
  return [...near, ...spoofers.slice(near.length)];
}
