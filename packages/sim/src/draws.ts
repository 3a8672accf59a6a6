import type { Random } from '@revtr/probing';

/** A number with the standard normal distribution (Box and Muller, A note on the generation of random normal deviates, 1958). */
export const standardNormal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Maps a uniform number in [0, 1) to one with an exponential distribution. */
export const exponential = (uniform: number, mean: number): number => -mean * Math.log(1 - uniform);

/** Chooses an index in [low, high) with probability proportional to its weight. */
export function pickWeighted(low: number, high: number, random: Random, weightOf: (index: number) => number): number {
  let total = 0;
  for (let i = low; i < high; i++) total += weightOf(i);
  let rest = random.next() * total;
  for (let i = low; i < high; i++) {
    rest -= weightOf(i);
    if (rest < 0) return i;
  }
  return high - 1;
}

/** Chooses at most `count` different indexes of `weights`, those with large weights more often. */
export function sampleWeighted(weights: Iterable<number>, count: number, random: Random): number[] {
  // Weighted sampling without replacement (Efraimidis and Spirakis 2006): the largest of u^(1/weight).
  return Array.from(weights, (weight, index) => ({ index, key: random.next() ** (1 / weight) }))
    .sort((a, b) => b.key - a.key)
    .slice(0, count)
    .map(({ index }) => index);
}
