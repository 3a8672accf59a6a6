import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairTurns, type WaitingFlow } from '../src/queue/fair-turns.ts';

const flow = (userId: number, isBulk: boolean, weight = 1, source = '192.0.2.1'): WaitingFlow => ({
  userId,
  source,
  isBulk,
  weight,
});

/** How much each user gets out of `places`, taken one after the other. */
function taken(turns: FairTurns, places: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < places; i++)
    for (const { userId, most } of turns.share({ all: 1 })) counts.set(userId, (counts.get(userId) ?? 0) + most);
  return counts;
}

describe('FairTurns', () => {
  it('gives users who wait all the time shares in proportion to their weights, whatever their batches are', () => {
    const users = fc.array(
      fc.record({
        weight: fc.integer({ min: 1, max: 20 }),
        isBulk: fc.boolean(),
        sources: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(users, (list) => {
        const turns = new FairTurns();
        turns.replace(
          list.flatMap(({ weight, isBulk, sources }, id) =>
            Array.from({ length: sources }, (_, i) => flow(id + 1, isBulk, weight, `192.0.2.${i}`)),
          ),
        );
        const places = 3_000;
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        const counts = taken(turns, places);
        // A user with small batches is at most 20 times its weight ahead.
        const ahead = list.reduce((sum, { weight }) => sum + 21 * weight, 0);
        for (const [id, { weight }] of list.entries())
          expect(Math.abs((counts.get(id + 1) ?? 0) - (places * weight) / total)).toBeLessThanOrEqual(
            ahead + list.length,
          );
      }),
    );
  });

  it('serves small batches first until their user is 20 ahead, and then by turns', () => {
    const turns = new FairTurns();
    turns.replace([flow(1, true), flow(2, false)]);
    expect(taken(turns, 21)).toEqual(new Map([[2, 21]]));
    const counts = taken(turns, 1_000);
    expect(counts.get(1)).toBeGreaterThanOrEqual(499);
  });

  it('does not let a user who was away catch up on what it has not asked for', () => {
    const turns = new FairTurns();
    turns.replace([flow(1, true)]);
    taken(turns, 1_000);
    turns.replace([flow(1, true), flow(2, true)]);
    const counts = taken(turns, 100);
    expect(Math.abs((counts.get(1) ?? 0) - (counts.get(2) ?? 0))).toBeLessThanOrEqual(1);
  });

  it('remembers the lead of a user whose work comes in many small pieces', () => {
    const turns = new FairTurns();
    let [small, bulk] = [0, 0];
    for (let i = 0; i < 1_000; i++) {
      turns.replace([flow(1, false), flow(2, true)]);
      const [share] = turns.share({ all: 1 });
      if (share.userId === 1) small++;
      else bulk++;
      turns.replace([flow(2, true)]);
    }
    expect(small - bulk).toBeLessThanOrEqual(21);
  });

  it('keeps places that bulk may not use for small batches, and counts what a flow did not use for nobody', () => {
    const turns = new FairTurns();
    turns.replace([flow(1, true), flow(1, false), flow(2, true)]);
    expect(turns.share({ all: 10, bulk: 0 })).toEqual([{ userId: 1, source: '192.0.2.1', isBulk: false, most: 10 }]);
    turns.unused(flow(1, false), 10);
    expect(turns.share({ all: 10, bulk: 0 })).toEqual([]);
    const shares = turns.share({ all: 10, bulk: 8 });
    expect(shares.map(({ userId, most }) => [userId, most]).sort()).toEqual([
      [1, 4],
      [2, 4],
    ]);
  });

  it('gives the sources of a user turns', () => {
    const turns = new FairTurns();
    const sources = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    turns.replace(sources.map((source) => flow(1, true, 1, source)));
    expect(turns.share({ all: 9 }).map(({ source, most }) => [source, most])).toEqual(sources.map((s) => [s, 3]));
  });
});
