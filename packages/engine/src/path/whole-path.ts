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

/**
 * Factor of the probability that all hops are right, when a path is extended by `hop`.
 * @param step probability that the hop is right when the hop before it is, 0 to 1
 */
export function wholePathFactor({ technique, evidence }: Hop, step: number, weights: WholePathWeights): number {
  if (evidence.type === 'recordRoute') return step ** weights.recordRoute;
  if (evidence.type !== 'symmetry') return step;
  if (evidence.isGateway) return step * weights.gateway;
  const isElsewhere = technique === 'assumedIntradomain' && evidence.isOfDestination !== true;
  return isElsewhere ? step ** weights.intradomainElsewhere : step;
}
