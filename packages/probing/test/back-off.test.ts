import { describe, expect, it } from 'vitest';
import { backOff, createRandom } from '../src/index.ts';

const OPTIONS = { firstMs: 500, mostMs: 10_000 };
const least = (): number => 0;

describe('backOff', () => {
  it('doubles with each failure, up to the longest wait', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((failures) => backOff(OPTIONS, failures, least));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('stays at the longest wait after any number of failures', () => {
    expect(backOff(OPTIONS, 5_000, least)).toBe(10_000);
  });

  it('waits between half of the doubled time and all of it by default', () => {
    const random = createRandom(1);
    const waits = Array.from({ length: 1_000 }, () => backOff(OPTIONS, 3, () => random.next()));
    expect(Math.min(...waits)).toBeGreaterThan(1_000);
    expect(Math.min(...waits)).toBeLessThan(1_050);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
    expect(Math.max(...waits)).toBeGreaterThan(1_950);
  });

  it('waits exactly the doubled time without jitter, and any shorter time with full jitter', () => {
    expect(backOff({ ...OPTIONS, jitter: 0 }, 2, () => 0.9)).toBe(1_000);
    expect(backOff({ ...OPTIONS, jitter: 1 }, 2, () => 0.9)).toBeCloseTo(100);
  });

  it('takes no failure for the first one', () => {
    expect(backOff(OPTIONS, 0, least)).toBe(500);
  });
});
