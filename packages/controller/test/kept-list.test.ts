import { expect, it } from 'vitest';
import { KeptList } from '../src/publications/kept-list.ts';
import { ManualClock } from './manual-clock.ts';

it('reads a list once for all who ask at the same time or soon after, but never that of another user, and again after a failure', async () => {
  const clock = new ManualClock();
  const reads: number[] = [];
  let isBroken = false;
  const list = new KeptList(
    { keepMs: 5_000 },
    {
      clock,
      read: async (userId) => {
        reads.push(userId);
        // Longer than it is kept.
        await clock.sleep(9_000, new AbortController().signal);
        if (isBroken) throw new Error('it is broken');
        return [userId, reads.length];
      },
    },
  );
  const first = list.of(1);
  await clock.advance(8_000);
  const second = list.of(1);
  await clock.advance(1_000);
  expect([await first, await second]).toEqual([
    [1, 1],
    [1, 1],
  ]);
  await clock.advance(4_999);
  expect(await list.of(1)).toEqual([1, 1]);
  const other = list.of(2);
  await clock.advance(9_000);
  expect(await other).toEqual([2, 2]);
  await clock.advance(5_000);
  isBroken = true;
  const failed = Promise.allSettled([list.of(2), list.of(2)]);
  await clock.advance(9_000);
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  const again = list.of(2);
  await clock.advance(9_000);
  expect(await again).toEqual([2, 4]);
  expect(reads).toEqual([1, 2, 2, 2]);
});
