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
