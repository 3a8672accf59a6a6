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

  it('runs internal events in order with all others, and never ahead of what an earlier event woke', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    const walk = async (): Promise<void> => {
      await clock.sleep(10);
      note('woken')();
      clock.scheduleInternal(12, note('internal of the woken'));
    };
    clock.scheduleInternal(15, note('late internal'));
    clock.scheduleInternal(5, note('early internal'));
    clock.schedule(7, note('ordinary'));
    clock.scheduleInternal(-3, note('overdue internal'));
    await clock.drive(Promise.all([walk(), clock.sleep(20)]));
    expect(seen).toEqual([
      'overdue internal@0',
      'early internal@5',
      'ordinary@7',
      'woken@10',
      'internal of the woken@12',
      'late internal@15',
    ]);
  });

  it('runs internal events of a paced clock when their time has come', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    clock.pace();
    let ranAt = 0;
    clock.scheduleInternal(20, () => {
      ranAt = clock.now();
    });
    await clock.drive(clock.sleep(40));
    expect(ranAt).toBeGreaterThanOrEqual(20);
  });

  it('jumps over gaps again when it is not paced any more', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    clock.pace();
    const driving = clock.drive(clock.sleep(3_600_000));
    await new Promise((resolve) => setImmediate(resolve));
    clock.unpace();
    await driving;
    expect(clock.now()).toBeGreaterThanOrEqual(3_600_000);
    expect(clock.now()).toBeLessThan(3_660_000);
  });

  it('can follow real time from a later time on, and never goes back', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const order: string[] = [];
    const waiting = clock.sleep(50).then(() => order.push(`woken@${clock.now() >= 5_000}`));
    clock.scheduleInternal(1_020, () => order.push('internal'));
    clock.pace(5_000);
    await clock.drive(waiting);
    expect(order).toEqual(['internal', 'woken@true']);
    clock.pace(2_000);
    expect(clock.now()).toBeGreaterThanOrEqual(5_000);
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
