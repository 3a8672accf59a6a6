import { expect, it } from 'vitest';
import { HeapGrowth } from '../src/foundation/heap-growth.ts';
import { ManualClock } from './manual-clock.ts';

it('lets the heap grow more while many measurements are under way', async () => {
  const clock = new ManualClock();
  const flags: string[] = [];
  let underWay = 0;
  const growth = new HeapGrowth({ underWay: () => underWay, clock, setFlag: (flag) => flags.push(flag) });
  growth.start();
  await expect.poll(() => flags).toEqual(['--heap-growing-percent=50']);
  for (const [now, percent] of [
    [500, 150],
    [20, 150],
    [19, 50],
  ]) {
    underWay = now;
    await clock.advance(1_000);
    await expect.poll(() => flags.at(-1)).toBe(`--heap-growing-percent=${percent}`);
  }
  expect(flags).toHaveLength(3);
  await growth.stop();
});
