/**
 * A probability (0 to 1) as a whole percentage for people. It is rounded to the nearest percent, but only 1 becomes 100, and only 0
 * becomes 0: a very likely hop must not look certain, nor an unlikely one impossible.
 */
export function percentOf(probability: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 100;
  return Math.min(99, Math.max(1, Math.round(100 * probability)));
}

/** A probability for people, for instance `97 %`. */
export const formatProbability = (probability: number): string => `${percentOf(probability)} %`;
