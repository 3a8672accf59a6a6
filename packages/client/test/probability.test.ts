import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentOf } from '../src/wording/index.ts';

describe('a probability as a percentage', () => {
  it('is 100 for certainty alone, and 0 for the impossible alone', () => {
    expect([0, Number.MIN_VALUE, 0.004, 0.5, 0.994, 0.995, 0.9999, 1 - Number.EPSILON, 1].map(percentOf)).toEqual([
      0, 1, 1, 50, 99, 99, 99, 99, 100,
    ]);
  });

  it('is never more than one percent away from the probability', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (probability) => {
        expect(Math.abs(percentOf(probability) - 100 * probability)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
