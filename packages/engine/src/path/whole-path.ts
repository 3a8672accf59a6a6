import type { Hop } from './hop.ts';

/**
 * How the steps of a path make the probability that all its hops are right. Errors of one path depend on each other, so the product of the steps
 * is not that probability: each step has its own power.
 */
export interface WholePathWeights {
  /** Power of each step that a Record Route answer shows. Answers that lie mostly lie at several hops of a path. */
  readonly recordRoute: number;
  /** Power of each step to a router of the same network that is assumed outside the network of the destination. */
  readonly intradomainElsewhere: number;
  /** Factor of a path whose first hop is the assumed gateway: the destination has not shown where its packets go. */
  readonly gateway: number;
  /** Power of the odds by which the length of the path makes it more or less likely. */
  readonly length: number;
}

/** Every step and the length count fully: errors are independent. */
export const INDEPENDENT_STEPS: WholePathWeights = { recordRoute: 1, intradomainElsewhere: 1, gateway: 1, length: 1 };

/** Steps that count in the same way. */
export type StepGroup = 'recordRoute' | 'intradomainElsewhere' | 'gateway' | 'other';

/** How the step to a hop counts in the probability of a whole path. */
export function stepGroupOf({ technique, evidence }: Pick<Hop, 'technique' | 'evidence'>): StepGroup {
  if (evidence.type === 'recordRoute') return 'recordRoute';
  if (evidence.type !== 'symmetry') return 'other';
  if (evidence.isGateway) return 'gateway';
  return technique === 'assumedIntradomain' && evidence.isOfDestination !== true ? 'intradomainElsewhere' : 'other';
}

/**
 * Factor of the probability that all hops are right, when a path is extended by `hop`.
 * @param step probability that the hop is right when the hop before it is, 0 to 1
 */
export function wholePathFactor(hop: Hop, step: number, weights: WholePathWeights): number {
  const group = stepGroupOf(hop);
  if (group === 'other') return step;
  return group === 'gateway' ? step * weights.gateway : step ** weights[group];
}
