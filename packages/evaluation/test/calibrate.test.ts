import { CONFIDENCE, type Hop, SIMULATED_PUBLISHED_ASSUMPTIONS } from '@revtr/engine';
import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { fitWeights, type PathOutcome, wholePathProbability } from '../src/evaluate-calibrate/fit-weights.ts';
import { fitAndJudge } from '../src/evaluate-calibrate/left-out.ts';
import { constantOf } from '../src/judging/constant.ts';

/** Paths whose outcomes are drawn by the given weights. */
function pathsBy(
  weights: typeof SIMULATED_PUBLISHED_ASSUMPTIONS.wholePath,
  family: string,
  count: number,
): PathOutcome[] {
  const random = createRandom(count);
  return Array.from({ length: count }, (_, i): PathOutcome => {
    const log = (most: number): number => Math.log(1 - most * random.next());
    const steps = {
      recordRoute: log(0.4),
      intradomainElsewhere: log(0.6),
      gateway: 0,
      other: log(0.3) - 0.01,
      hasGateway: random.chance(0.5),
    };
    const path = {
      internet: `${family} ${i % 4}`,
      family,
      steps,
      lengthLogOdds: 2 * random.next() - 1,
      isRight: true,
      shipped: 0.5,
    };
    return { ...path, isRight: random.chance(wholePathProbability(path, weights)) };
  });
}

describe('the fit of the weights of steps in a whole path', () => {
  const weights = { recordRoute: 0.6, intradomainElsewhere: 0.4, gateway: 0.9, length: 1.3 };

  it('finds the weights that the outcomes were drawn with', () => {
    const fitted = fitWeights(pathsBy(weights, 'grown', 40_000));
    for (const name of ['recordRoute', 'intradomainElsewhere', 'gateway', 'length'] as const)
      expect(Math.abs(fitted[name] - weights[name]), name).toBeLessThan(0.1);
  });

  it('lets families count the same, and keeps independent steps where there are few outcomes', () => {
    const other = { recordRoute: 1, intradomainElsewhere: 1, gateway: 1, length: 1 };
    const few = fitWeights(pathsBy(weights, 'grown', 1));
    for (const name of ['recordRoute', 'intradomainElsewhere', 'length'] as const)
      expect(Math.abs(few[name] - 1), name).toBeLessThan(0.1);
    const mixed = fitWeights([...pathsBy(weights, 'grown', 40_000), ...pathsBy(other, 'flat', 8_000)]);
    expect(mixed.intradomainElsewhere).toBeGreaterThan(0.55);
    expect(mixed.intradomainElsewhere).toBeLessThan(0.85);
  });

  it('says how far off the weights are on Internets that they were not fitted on', () => {
    const { leftOut, errors } = fitAndJudge([...pathsBy(weights, 'grown', 4_000), ...pathsBy(weights, 'flat', 4_001)]);
    expect(leftOut.size).toBe(8);
    expect(errors.map(({ family }) => family)).toEqual(['grown', 'flat']);
    for (const { shipped, leftOut: off, otherFamilies, byChance } of errors) {
      expect(shipped).toBeGreaterThan(3 * byChance);
      expect(off).toBeLessThan(3 * byChance);
      expect(otherFamilies).toBeLessThan(3 * byChance);
    }
  });
});

describe('the constant of a hop', () => {
  it('is named like the constant of the engine that gives its probability', () => {
    const hop = (changes: Partial<Hop>): Hop => ({
      address: 1,
      technique: 'recordRoute',
      trust: 'measured',
      confidence: 1,
      evidence: { type: 'recordRoute', target: 2, sender: 3, slot: 1, turn: 'loop', at: 0 },
      ...changes,
    });
    const symmetry = {
      type: 'symmetry',
      target: 2,
      adjacent: true,
      isGateway: false,
      relation: 'peer',
      at: 0,
    } as const;
    const names = [
      hop({}),
      hop({ isContinuation: true }),
      hop({ technique: 'assumedInterdomain', evidence: symmetry }),
      hop({ technique: 'assumedIntradomain', evidence: { ...symmetry, adjacent: false } }),
      hop({ technique: 'assumedIntradomain', evidence: { ...symmetry, isOfDestination: true } }),
    ].map(constantOf);
    expect(names).toEqual([
      'recordRoute.loop.first',
      'recordRoute.loop.further',
      'interdomain.peer',
      'notAdjacent.intradomain',
      'intradomain.ofDestination',
    ]);
    const constants: unknown = { ...CONFIDENCE, ...SIMULATED_PUBLISHED_ASSUMPTIONS };
    for (const name of names) expect(constants).toHaveProperty(name, expect.any(Number));
  });
});
