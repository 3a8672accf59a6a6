import type { Clock } from '@revtr/probing';
import { beforeEach, describe, expect, it } from 'vitest';
import { TokenBuckets } from '../src/foundation/token-buckets.ts';

describe('token buckets', () => {
  let now = 0;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const take = (buckets: TokenBuckets<string>, key: string, times: number): number =>
    Array.from({ length: times }, () => buckets.take(key)).filter(Boolean).length;
  beforeEach(() => {
    now = 0;
  });

  it('give a burst, then the rate, to each key', () => {
    const buckets = new TokenBuckets<string>({ burst: 5, perSecond: 2, mostBuckets: 10 }, { clock });
    expect([take(buckets, 'a', 10), take(buckets, 'b', 10)]).toEqual([5, 5]);
    expect(buckets.secondsUntilNext('a')).toBe(1);
    now = 1_000;
    expect(take(buckets, 'a', 10)).toBe(2);
    now = 3_600_000;
    expect(take(buckets, 'a', 10)).toBe(5);
  });

  it('take back what was not needed, up to the burst', () => {
    const buckets = new TokenBuckets<string>({ burst: 2, perSecond: 1, mostBuckets: 10 }, { clock });
    take(buckets, 'a', 2);
    for (let i = 0; i < 5; i++) buckets.giveBack('a');
    expect(take(buckets, 'a', 5)).toBe(2);
  });

  it('stay few, and forget full buckets before those in use', () => {
    const buckets = new TokenBuckets<string>({ burst: 10, perSecond: 1, mostBuckets: 3 }, { clock });
    take(buckets, 'quiet', 1);
    now = 1_000;
    take(buckets, 'busy', 10);
    for (let i = 0; i < 2; i++) take(buckets, `other ${i}`, 10);
    expect(take(buckets, 'busy', 10)).toBe(0);
    for (let i = 0; i < 100_000; i++) buckets.take(`flood ${i}`);
    expect(take(buckets, 'busy', 20)).toBe(10);
  });
});
