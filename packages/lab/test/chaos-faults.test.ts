import { setImmediate } from 'node:timers/promises';
import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { runInTurn } from '../src/chaos/faults/run-in-turn.ts';
import { FAULT_KINDS, type Fault, usedBy } from '../src/chaos/plan/fault.ts';
import { scheduleFaults } from '../src/chaos/plan/schedule.ts';

const TARGETS = {
  controllers: ['api1', 'engine1', 'engine2', 'gateway1'],
  others: ['nats', 'fleet'],
  agents: ['agent1'],
  clocks: ['engine1', 'agent1'],
  links: [
    ['engine1', 'postgres'],
    ['pg1', 'pg2'],
    ['gateway1', 'fleet'],
  ] as const,
};
const schedule = (seed: number) => scheduleFaults(createRandom(seed), TARGETS, { forMs: 600_000 });

describe('drawn faults', () => {
  it('are the same for the same seed, others for another one, and of every kind', () => {
    expect(schedule(1)).toEqual(schedule(1));
    expect(schedule(2)).not.toEqual(schedule(1));
    expect(new Set(schedule(1).map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  });

  it('overlap unless they strike the same thing', () => {
    const faults = schedule(3);
    const overlapping = faults.flatMap((fault, i) =>
      faults
        .slice(i + 1)
        .filter(({ atMs }) => atMs < fault.atMs + fault.forMs)
        .map((later) => [fault, later] as const),
    );
    expect(overlapping.length).toBeGreaterThan(100);
    const shared = overlapping.filter(([fault, later]) => usedBy(fault).some((thing) => usedBy(later).includes(thing)));
    expect(shared).toEqual([]);
  });

  it('wait for the repair of the faults before them that strike the same thing, and for no others', async () => {
    const cut = (atMs: number, one: string): Fault => ({ kind: 'cut', atMs, forMs: 10, one, other: 'nats' });
    const [first, second, elsewhere] = [cut(0, 'engine1'), cut(20, 'engine1'), cut(20, 'engine2')];
    const begun: Fault[] = [];
    const repairs = new Map<Fault, () => void>();
    const done = runInTurn([second, elsewhere, first], async (fault, before) => {
      await before;
      begun.push(fault);
      await new Promise<void>((repaired) => repairs.set(fault, repaired));
    });
    await setImmediate();
    expect(new Set(begun)).toEqual(new Set([first, elsewhere]));
    repairs.get(first)?.();
    await setImmediate();
    expect(begun.at(-1)).toBe(second);
    for (const repaired of repairs.values()) repaired();
    await done;
  });
});
