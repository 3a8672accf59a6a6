import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProbingError, systemClock, wallClock } from '../src/index.ts';

const HOUR_MS = 3_600_000;

describe('the clocks of this machine', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('end a sleep that is cancelled', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(60_000, abort.signal);
    abort.abort();
    await expect(sleeping).rejects.toThrow(ProbingError);
  });

  it.each([HOUR_MS, -HOUR_MS])(
    'measure time without a jump, and tell the time, when the machine is set by %i ms',
    (byMs) => {
      const before = { system: systemClock.now(), wall: wallClock.now() };
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs });
      expect(wallClock.now() - before.wall).toBeCloseTo(byMs, -4);
      expect(Math.abs(systemClock.now() - before.system)).toBeLessThan(HOUR_MS / 2);
    },
  );
});
