import { describe, expect, it } from 'vitest';
import { InFlightLimit } from '../src/measurements/in-flight-limit.ts';
import { ManualClock } from './manual-clock.ts';

const MOST = 1_000;

/** A system whose probes wait as soon as more than `capacity` measurements are under way. */
async function settled(capacity: number): Promise<number[]> {
  const clock = new ManualClock();
  let underWay = 0;
  const delayMs = (): number => Math.max(0, underWay - capacity) * 10;
  const limit = new InFlightLimit({ most: MOST }, { delayMs, clock });
  const limits: number[] = [];
  for (let i = 0; i < 2_000; i++) {
    // The queue is full, and a tenth of the measurements under way ends between two looks.
    underWay = Math.max(Math.floor(underWay * 0.9), limit.current);
    limit.adapt(underWay);
    limits.push(limit.current);
    await clock.advance(250);
  }
  return limits.slice(1_000);
}

describe('the number of measurements under way', () => {
  it('stays near what the system can serve without delay', async () => {
    for (const capacity of [50, 300]) {
      const limits = await settled(capacity);
      expect(Math.max(...limits)).toBeLessThan(1.5 * capacity);
      expect(Math.min(...limits)).toBeGreaterThan(0.5 * capacity);
    }
  });

  it('grows to the most that is allowed while probes do not wait', async () => {
    expect(Math.min(...(await settled(Number.POSITIVE_INFINITY)))).toBe(MOST);
  });

  it('leaves some measurements under way however long probes wait', async () => {
    expect(Math.min(...(await settled(0)))).toBeGreaterThan(0);
  });

  it('does not grow while there is too little work to tell', async () => {
    for (const delayMs of [0, undefined]) {
      const clock = new ManualClock();
      const limit = new InFlightLimit({ most: MOST }, { delayMs: () => delayMs, clock });
      const first = limit.current;
      for (let i = 0; i < 100; i++) {
        limit.adapt(1);
        await clock.advance(250);
      }
      expect(limit.current).toBe(first);
      expect(first).toBeLessThan(MOST);
    }
  });

  it('grows again while nothing is known, because targets that do not answer show no delay', async () => {
    const clock = new ManualClock();
    let delayMs: number | undefined = 1_000;
    const limit = new InFlightLimit({ most: MOST }, { delayMs: () => delayMs, clock });
    const run = async (times: number): Promise<number> => {
      for (let i = 0; i < times; i++) {
        limit.adapt(limit.current);
        await clock.advance(250);
      }
      return limit.current;
    };
    const least = await run(100);
    delayMs = undefined;
    expect(await run(4)).toBeLessThanOrEqual(Math.ceil(1.2 * least));
    expect(await run(4 * 60)).toBe(MOST);
  });

  it('is fixed where probes do not leave the process', () => {
    const limit = new InFlightLimit({ most: MOST }, { clock: new ManualClock() });
    limit.adapt(MOST);
    expect(limit.current).toBe(MOST);
  });
});
