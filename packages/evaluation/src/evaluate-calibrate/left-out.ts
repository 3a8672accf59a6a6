import type { WholePathWeights } from '@revtr/engine';
import { calibrate } from '../statistics/calibration.ts';
import { fitWeights, type PathOutcome, wholePathProbability } from './fit-weights.ts';

/** How far the probabilities of whole paths of one family are off, in points. */
interface FamilyErrors {
  readonly family: string;
  readonly paths: number;
  /** With the weights of the program, and with weights that were fitted to these paths. */
  readonly shipped: number;
  readonly fitted: number;
  /** With weights that were fitted to all Internets but that of the path. */
  readonly leftOut: number;
  /** With weights that were fitted to the other families; `undefined` when there is none. */
  readonly otherFamilies: number | undefined;
  /** What exact probabilities would show on average. */
  readonly byChance: number;
}

/** Weights from all paths, the weights when each Internet in turn is left out, and the errors. */
export interface Fit {
  readonly weights: WholePathWeights;
  readonly leftOut: ReadonlyMap<string, WholePathWeights>;
  readonly errors: readonly FamilyErrors[];
}

/** Fits the weights of steps in a whole path. @throws {RangeError} without paths */
export function fitAndJudge(paths: readonly PathOutcome[]): Fit {
  const weights = fitWeights(paths);
  const internets = [...new Set(paths.map(({ internet }) => internet))];
  const leftOut = new Map(
    internets.length < 2
      ? []
      : internets.map((name) => [name, fitWeights(paths.filter(({ internet }) => internet !== name))]),
  );
  const errors = [...Map.groupBy(paths, ({ family }) => family)].map(([family, own]): FamilyErrors => {
    const others = paths.filter((path) => path.family !== family);
    const foreign = others.length === 0 ? undefined : fitWeights(others);
    const fitted = errorOf(own, (path) => wholePathProbability(path, weights));
    return {
      family,
      paths: own.length,
      shipped: errorOf(own, ({ shipped }) => shipped).error,
      fitted: fitted.error,
      leftOut: errorOf(own, (path) => wholePathProbability(path, leftOut.get(path.internet) ?? weights)).error,
      otherFamilies: foreign && errorOf(own, (path) => wholePathProbability(path, foreign)).error,
      byChance: fitted.chanceError,
    };
  });
  return { weights, leftOut, errors };
}

const errorOf = (paths: readonly PathOutcome[], confidenceOf: (path: PathOutcome) => number) =>
  calibrate(paths.map((path) => ({ confidence: confidenceOf(path), isRight: path.isRight })));
