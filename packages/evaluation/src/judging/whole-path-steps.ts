import { type Hop, type StepGroup, stepGroupOf } from '@revtr/engine';

/** Sums of the logarithms of the steps of a path, by the group whose steps count in the same way. Independent of the weights of the groups. */
export type WholePathSteps = Readonly<Record<StepGroup, number>> & {
  /** Whether the first hop is an assumed gateway. */
  readonly hasGateway: boolean;
};

/** Least probability of a step, so that its logarithm is finite. */
const LEAST = 1e-6;

/** The steps of a path, from the one behind the destination to the source. */
export function wholePathSteps(hops: readonly Hop[]): WholePathSteps {
  const sums: Record<StepGroup, number> = { recordRoute: 0, intradomainElsewhere: 0, gateway: 0, other: 0 };
  for (const hop of hops.slice(1))
    sums[stepGroupOf(hop)] += Math.log(Math.max(LEAST, hop.uncorrected?.step ?? hop.confidence));
  return { ...sums, hasGateway: hops.some((hop) => stepGroupOf(hop) === 'gateway') };
}
