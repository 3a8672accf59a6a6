import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PseudoRandomOrder } from '../src/index.ts';

describe('PseudoRandomOrder', () => {
  it('visits every number once, for any count and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer(), (count, seed) => {
        const order = new PseudoRandomOrder({ count, seed });
        const seen = new Set(Array.from({ length: count }, (_, place) => order.at(place)));
        expect(seen.size).toBe(count);
        expect(Math.max(...seen)).toBe(count - 1);
        expect(order.at(count)).toBe(order.at(0));
      }),
    );
  });

  it('differs between seeds, and separates neighbouring numbers', () => {
    const [a, b] = [1, 2].map((seed) => new PseudoRandomOrder({ count: 10_000, seed }));
    const first = Array.from({ length: 100 }, (_, place) => a.at(place));
    expect(Array.from({ length: 100 }, (_, place) => b.at(place))).not.toEqual(first);
    // A hundred neighbours in the order fall into most of ten equal parts.
    expect(new Set(first.map((value) => Math.floor(value / 1_000))).size).toBeGreaterThanOrEqual(9);
  });
});
