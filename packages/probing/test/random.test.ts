import { describe, expect, it } from 'vitest';
import { createRandom, inParallel } from '../src/index.ts';

describe('random', () => {
  it('is reproducible by seed, and forks by label only', () => {
    const take = (seed: number, label?: string): number[] => {
      const random = label === undefined ? createRandom(seed) : createRandom(seed).fork(label);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
    expect(take(1, 'a')).toEqual(take(1, 'a'));
    expect(take(1, 'a')).not.toEqual(take(1, 'b'));
  });

  it('is uniform (chi-square over 64 cells, 0.1 % point of 63 degrees of freedom)', () => {
    const random = createRandom(42);
    const cells = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++) cells[random.below(64)]++;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(103.4);
  });

  it('shuffles without losing anything', () => {
    const list = Array.from({ length: 100 }, (_, i) => i);
    const shuffled = createRandom(3).shuffle(list);
    expect(shuffled).not.toEqual(list);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(list);
  });
});

describe('inParallel', () => {
  it('respects its limit and does everything once', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel(50, 7, async (i) => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      done.push(i);
    });
    expect(most).toBe(7);
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('begins nothing after a failure, and settles when what was under way has ended', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const running = inParallel(9, 3, async (i) => {
      begun.push(i);
      if (i === 1) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(i);
      if (i === 2) throw new Error('second');
    });
    await expect(running).rejects.toThrow('first');
    expect([begun, ended]).toEqual([
      [0, 1, 2],
      [0, 2],
    ]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2]);
  });
});
