import { ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../src/index.ts';

describe('virtual clock', () => {
  it('runs events in order of time, then of scheduling, and jumps over the gaps', async () => {
    const clock = new VirtualClock({ startMs: 1000 });
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.schedule(500, note('c'));
    clock.schedule(10, note('a'));
    clock.schedule(10, note('b'));
    await clock.drive(clock.sleep(3_600_000));
    expect(seen).toEqual(['a@1010', 'b@1010', 'c@1500']);
    expect(clock.now()).toBe(3_601_000);
  });

  it('finishes all pending work before it advances', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const times: number[] = [];
    const walk = async (): Promise<void> => {
      for (let step = 0; step < 5; step++) {
        await clock.sleep(10);
        for (let i = 0; i < 20; i++) await Promise.resolve();
        times.push(clock.now());
      }
    };
    await clock.drive(Promise.all([walk(), clock.sleep(100)]));
    expect(times).toEqual([10, 20, 30, 40, 50]);
  });

  it('drops any number of cancelled events', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    let happened = 0;
    const events = Array.from({ length: 10_000 }, (_, i) => clock.schedule(i, () => happened++));
    events.forEach((event, i) => {
      if (i % 10 !== 0) clock.cancel(event);
    });
    await clock.drive(clock.sleep(20_000));
    expect(happened).toBe(1000);
  });

  it('cancels a sleep', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const abort = new AbortController();
    const sleeping = clock.sleep(1_000, abort.signal);
    abort.abort();
    await expect(clock.drive(sleeping)).rejects.toThrow(ProbingError);
    expect(clock.now()).toBe(0);
  });
});
