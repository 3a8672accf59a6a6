import { CONTRADICTED } from './confidence.ts';
import type { Hop } from './hop.ts';

/** The two probabilities of a hop on a path, each from 0 to 1. */
export interface PathProbability {
  /** That the router of this hop is on the true path. */
  readonly single: number;
  /** That this hop and all hops before it are on the true path, if steps were independent of each other. */
  readonly joint: number;
}

/**
 * Probability that a hop is on the path when the hop before it is: the confidence of its kind, raised by probes that confirm it and lowered
 * by probes that saw another router in its place.
 */
export function stepProbability({ confidence, confirmedBy, alternatives }: Hop): number {
  const doubt = (1 - confidence) / (1 + (confirmedBy?.length ?? 0));
  return (1 - doubt) * (alternatives !== undefined && alternatives.length > 0 ? CONTRADICTED : 1);
}

/**
 * Probabilities of a hop behind `before`. A hop may be right although the hop before it is wrong, because paths rejoin; that chance never
 * exceeds the probability of the step itself.
 *
 * @param step probability that the hop is on the path when the hop before it is, 0 to 1
 * @param rejoin probability that the hop is on the path when the hop before it is not, 0 to 1
 */
export function probabilityBehind(before: PathProbability, step: number, rejoin: number): PathProbability {
  return {
    single: before.single * step + (1 - before.single) * Math.min(rejoin, step),
    joint: before.joint * step,
  };
}

/** A probability, 0 to 1, after evidence that is `ratio` times as likely where the claim is right (Bayes). */
export const weighed = (probability: number, ratio: number): number =>
  (probability * ratio) / (probability * ratio + 1 - probability);
