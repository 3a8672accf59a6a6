import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, usedBy } from '../src/chaos/faults/fault.ts';
import { scheduleFaults } from '../src/chaos/faults/schedule.ts';

const TARGETS = {
  controllers: ['api1', 'engine1', 'engine2', 'gateway1'],
  others: ['nats', 'fleet'],
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
});
