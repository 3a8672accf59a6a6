import { SIMULATED_PUBLISHED_ASSUMPTIONS } from '@revtr/engine';
import type { EvaluatedResult, UnitResult } from '../evaluate/units/unit-result.ts';
import { type PathOutcome, wholePathProbability } from './fit-weights.ts';

/** The weights that the measured paths were rated with. */
export const SHIPPED = SIMULATED_PUBLISHED_ASSUMPTIONS.wholePath;

/** The paths of usual pairs that have a step. */
export const pathOutcomes = (results: readonly UnitResult[]): PathOutcome[] =>
  results.flatMap(({ unit, pairs }) =>
    pairs
      .filter(({ isUsual, hops }) => isUsual && hops.length > 0)
      .map((pair) => toOutcome(pair, `${unit.family} ${unit.seed}`, unit.family)),
  );

function toOutcome({ steps, confidence, allRight }: EvaluatedResult, internet: string, family: string): PathOutcome {
  const path = { internet, family, steps, lengthLogOdds: 0, isRight: allRight, shipped: confidence };
  // Without the length, the difference to what the program says is what the length has added, with its weight.
  const withoutLength = wholePathProbability(path, SHIPPED);
  return { ...path, lengthLogOdds: (logOdds(confidence) - logOdds(withoutLength)) / SHIPPED.length };
}

const LEAST = 1e-4;

/** Logarithm of the odds of a probability, which is kept off 0 and 1. */
function logOdds(probability: number): number {
  const bounded = Math.min(1 - LEAST, Math.max(LEAST, probability));
  return Math.log(bounded / (1 - bounded));
}
