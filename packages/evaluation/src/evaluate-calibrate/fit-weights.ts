import type { WholePathWeights } from '@revtr/engine';
import type { WholePathSteps } from '../judging/whole-path-steps.ts';

/** A measured path, with what the probability of the whole path is made of. */
export interface PathOutcome {
  /** The simulated Internet, and the family that it is of. */
  readonly internet: string;
  readonly family: string;
  readonly steps: WholePathSteps;
  /** Logarithm of the odds by which the length of the path makes it more or less likely, before its weight. */
  readonly lengthLogOdds: number;
  readonly isRight: boolean;
  /** What the program says with the weights that it ships, 0 to 1. */
  readonly shipped: number;
}

/** The weights as parameters of the fit: independent steps are 1, 1, 0 and 1. */
type Parameters = readonly [recordRoute: number, intradomainElsewhere: number, logGateway: number, length: number];
const INDEPENDENT: Parameters = [1, 1, 0, 1];
/**
 * Pairs whose worth of evidence keeps each parameter near independence, where the data say little (ridge regression). The factor of gateways is near
 * 1 in any case and has none.
 */
const RIDGE: Parameters = [10, 10, 0, 10];
const MOST_ITERATIONS = 50;
const CONVERGED = 1e-7;
/** Largest logarithm of the product of the steps: one of 0 would have infinite odds. */
const LEAST_DOUBT = -1e-4;

/** The probability of a whole path with some weights: {@link PathOutcome} as the engine computes it. */
export function wholePathProbability(path: PathOutcome, weights: WholePathWeights): number {
  const { recordRoute, intradomainElsewhere, gateway, length } = weights;
  return predict(path, [recordRoute, intradomainElsewhere, Math.log(gateway), length]).probability;
}

/**
 * The weights that make the outcomes most likely, by Fisher scoring. All families count the same, however many paths each has.
 * @throws {RangeError} without paths
 */
export function fitWeights(paths: readonly PathOutcome[]): WholePathWeights {
  if (paths.length === 0) throw new RangeError('there are no paths');
  const sizes = new Map<string, number>();
  for (const { family } of paths) sizes.set(family, (sizes.get(family) ?? 0) + 1);
  const weightOf = ({ family }: PathOutcome): number => paths.length / (sizes.size * (sizes.get(family) ?? 1));
  let current: number[] = [...INDEPENDENT];
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const score = current.map((value, i) => RIDGE[i] * (INDEPENDENT[i] - value));
    const information = current.map((_, i) => current.map((_other, j) => (i === j ? RIDGE[i] + 1e-6 : 0)));
    for (const path of paths) {
      const { probability, slopes } = predict(path, current);
      const weight = weightOf(path);
      const residual = weight * ((path.isRight ? 1 : 0) - probability);
      const variance = weight * probability * (1 - probability);
      for (const [i, slope] of slopes.entries()) {
        score[i] += residual * slope;
        for (const [j, other] of slopes.entries()) information[i][j] += variance * slope * other;
      }
    }
    const step = solve(information, score);
    // A long step may overshoot, because the information is that of the old parameters.
    const largest = Math.max(...step.map(Math.abs));
    const factor = Math.min(1, 0.5 / largest);
    current = current.map((value, i) => Math.max(i === 2 ? -1 : 0, value + factor * step[i]));
    if (largest < CONVERGED) break;
  }
  const [recordRoute, intradomainElsewhere, logGateway, length] = current;
  return { recordRoute, intradomainElsewhere, gateway: Math.min(1, Math.exp(logGateway)), length };
}

/** The probability of a path, and the slope of the logarithm of its odds for each parameter. */
function predict(
  { steps, lengthLogOdds }: PathOutcome,
  [recordRoute, intradomainElsewhere, logGateway, length]: readonly number[],
): { readonly probability: number; readonly slopes: readonly number[] } {
  const sum =
    recordRoute * steps.recordRoute +
    intradomainElsewhere * steps.intradomainElsewhere +
    steps.gateway +
    steps.other +
    (steps.hasGateway ? logGateway : 0);
  const logProduct = Math.min(LEAST_DOUBT, sum);
  const doubt = -Math.expm1(logProduct);
  const probability = 1 / (1 + Math.exp(-(logProduct - Math.log(doubt) + length * lengthLogOdds)));
  const slope = 1 / doubt;
  const slopes = [
    steps.recordRoute * slope,
    steps.intradomainElsewhere * slope,
    steps.hasGateway ? slope : 0,
    lengthLogOdds,
  ];
  return { probability, slopes };
}

/** Solves a small system of linear equations by Gaussian elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let pivot = 0; pivot < rows.length; pivot++) {
    const best = rows.reduce(
      (found, row, i) => (i >= pivot && Math.abs(row[pivot]) > Math.abs(rows[found][pivot]) ? i : found),
      pivot,
    );
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    for (const [i, row] of rows.entries()) {
      if (i === pivot) continue;
      const factor = row[pivot] / rows[pivot][pivot];
      for (let j = pivot; j < row.length; j++) row[j] -= factor * rows[pivot][j];
    }
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}
