import { describe, expect, it } from 'vitest';
import { RouteCache } from '../src/routing/route-cache.ts';

/** Two entries and what they cost beside their bytes fill half of the cache. */
const BYTES = 1_000;
const newCache = (): RouteCache<{ readonly bytes: number }> => new RouteCache(4 * (BYTES + 64));

describe('the cache of routes', () => {
  it('drops what was not used for the time in which as much was added as it holds', () => {
    const cache = newCache();
    for (const key of [1, 2, 3]) cache.set(key, { bytes: BYTES });
    expect(cache.get(1)).toBeDefined();
    expect([2, 3, 1].map((key) => cache.get(key) !== undefined)).toEqual([false, true, true]);
  });

  it('numbers states, and gives one that nobody has asked for in that time a new number', () => {
    const cache = newCache();
    const prepends = {};
    const [first, second] = [cache.stateNumber(prepends, [1, 2]), cache.stateNumber(prepends, [2])];
    expect(second).not.toBe(first);
    expect(cache.stateNumber(prepends, [2, 1])).toBe(first);
    expect(cache.stateNumber({}, [1, 2])).not.toBe(first);
    for (const key of [1, 2]) cache.set(key, { bytes: BYTES });
    expect(cache.stateNumber(prepends, [1, 2])).toBe(first);
    for (const key of [3, 4]) cache.set(key, { bytes: BYTES });
    expect(cache.stateNumber(prepends, [1, 2])).toBe(first);
    expect([first, second]).not.toContain(cache.stateNumber(prepends, [2]));
  });
});
