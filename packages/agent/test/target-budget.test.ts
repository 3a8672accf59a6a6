import { formatIpv4, parseIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CountMinSketch } from '../src/budget/count-min-sketch.ts';
import { TargetBudget } from '../src/budget/target-budget.ts';

const TARGET = parseIpv4('192.0.2.1');
const DAY_MS = 86_400_000;
const RATES = {
  address: { all: { perSecond: 5, perDay: 100 }, options: { perSecond: 1, perDay: 20 } },
  prefix: { all: { perSecond: 10, perDay: 200 }, options: { perSecond: 2, perDay: 40 } },
};

describe('the budget of a target', () => {
  let now: number;
  let budget: TargetBudget;
  beforeEach(() => {
    now = 1_000_000;
    budget = new TargetBudget(RATES, { now: () => now, random: Math.random });
  });
  /** Packets that were let through when one was offered every `everyMs` for `forMs`. */
  const offer = (everyMs: number, forMs: number, hasOptions: boolean, hosts = 1): number => {
    let sent = 0;
    for (const end = now + forMs; now < end; now += everyMs)
      if (budget.take(TARGET + (sent % hosts), hasOptions) === undefined) sent++;
    return sent;
  };

  it('allows five packets a second after a burst of twenty, and a hundred a day', () => {
    expect(offer(10, 10_000, false)).toBe(20 + 49);
    expect(offer(1_000, DAY_MS - 20_000, false)).toBe(100 - 69);
    expect(budget.take(TARGET, false)?.retryAfterMs).toBe(1_000_000 + DAY_MS - now);
    now = 1_000_000 + DAY_MS;
    expect(budget.take(TARGET, false)).toBeUndefined();
  });

  it('allows fewer packets with IP options', () => {
    expect(offer(1_000, DAY_MS / 2, true)).toBe(20);
    expect(offer(1_000, DAY_MS / 4, false)).toBe(80);
  });

  it('is shared by the addresses of a /24', () => {
    expect(offer(1_000, DAY_MS / 2, false, 50)).toBe(200);
    expect(budget.take(TARGET + 256, false)).toBeUndefined();
    expect(budget.take(TARGET + 99, false)?.message).toContain('192.0.2.0/24');
  });

  it('counts the packets of a traceroute', () => {
    budget.add(TARGET, 100);
    expect(budget.take(TARGET, false)?.message).toContain(formatIpv4(TARGET));
  });

  it('does not forget a target because others were probed', () => {
    budget.add(TARGET, 100);
    for (let i = 0; i < 300_000; i++) budget.take(Math.imul(i, 2654435761) >>> 0, true);
    expect(budget.take(TARGET, false)).toBeDefined();
  });
});

describe('a count-min sketch', () => {
  it('never reads less than the largest number that was written', () => {
    const random = createRandom(1);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.nat())), (writes) => {
        const sketch = new CountMinSketch({ random: () => random.next() });
        const truth = new Map<number, number>();
        for (const [key, value] of writes) {
          sketch.raise(key, value);
          truth.set(key, Math.max(value, truth.get(key) ?? 0));
        }
        for (const [key, value] of truth) expect(sketch.get(key)).toBeGreaterThanOrEqual(value);
      }),
      { numRuns: 5 },
    );
  });
});
