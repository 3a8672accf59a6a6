import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholePercents } from '../src/app/percent.ts';

describe('whole percentages', () => {
  it('sum to 100, and are at most one from the exact ones', () => {
    const counts = fc
      .array(fc.nat(10_000), { minLength: 1, maxLength: 30 })
      .filter((all) => all.some((one) => one > 0));
    fc.assert(
      fc.property(counts, (all) => {
        const total = all.reduce((sum, count) => sum + count, 0);
        const percents = wholePercents(all);
        expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(100);
        for (const [i, percent] of percents.entries())
          expect(Math.abs(percent - (100 * all[i]) / total)).toBeLessThan(1);
      }),
    );
    expect(wholePercents([0, 0])).toEqual([0, 0]);
  });
});
