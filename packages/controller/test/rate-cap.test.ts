import { describe, expect, it } from 'vitest';
import { RateCap } from '../src/measuring/legacy/rate-cap.ts';
import { ManualClock } from './manual-clock.ts';

describe('the rate cap of an agent of revtr 2.0', () => {
  it('lets a second’s worth leave at once and then spaces packets, those of traceroutes included', async () => {
    const manual = new ManualClock();
    const cap = new RateCap({ perSecond: 10, mostWaitMs: 2_000 }, { clock: manual });
    const { signal } = new AbortController();
    const sentAt: number[] = [];
    const start = manual.now();
    const take = (packets: number): Promise<void> =>
      cap.take(packets, signal).then(() => void sentAt.push(manual.now() - start));
    await Promise.all(Array.from({ length: 10 }, () => take(1)));
    const later = [take(5), take(1), take(1)];
    for (let i = 0; i < 20; i++) await manual.advance(50);
    await Promise.all(later);
    expect(sentAt.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(sentAt.slice(10)).toEqual([0, 500, 600]);
    cap.use(30);
    await expect(take(1)).rejects.toMatchObject({ code: 'proberStopped' });
  });

  it('gives back the time of a probe that is cancelled while it waits', async () => {
    const manual = new ManualClock();
    const cap = new RateCap({ perSecond: 10, mostWaitMs: 2_000 }, { clock: manual });
    const { signal } = new AbortController();
    await cap.take(10, signal);
    const cancelled = new AbortController();
    await cap.take(10, signal);
    const waiting = cap.take(15, cancelled.signal);
    cancelled.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    const next = cap.take(1, signal).then(() => manual.now());
    const start = manual.now();
    for (let i = 0; i < 20; i++) await manual.advance(100);
    expect((await next) - start).toBe(1_000);
  });
});
