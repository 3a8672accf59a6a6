import { expect, it } from 'vitest';
import { RttCache } from '../src/knowledge/rtt-cache.ts';

it('returns no round-trip time that is older than the measurement may reuse', () => {
  const cache = new RttCache({ keepMs: 1_000 });
  cache.remember(1, 2, 30, 100);
  expect(cache.find(1, 2, 600, 3_600_000)).toMatchObject({ rttMs: 30 });
  expect(cache.find(1, 2, 600, 400)).toBeUndefined();
  // 0 means that nothing is reused, not even what was measured at this moment.
  expect(cache.find(1, 2, 100, 0)).toBeUndefined();
  expect(cache.find(1, 2, 2_000, 3_600_000)).toBeUndefined();
});

it('keeps only what is valid', () => {
  const entries = new RttCache({ keepMs: 1_000 });
  entries.remember(1, 2, 10, 0);
  entries.remember(1, 3, 10, 500);
  entries.remember(1, 2, 20, 999);
  expect(entries.size).toBe(2);
  entries.remember(1, 4, 10, 1_500);
  expect(entries.size).toBe(2);
  expect(entries.find(1, 2, 1_500, 1_000)).toMatchObject({ rttMs: 20 });
});
