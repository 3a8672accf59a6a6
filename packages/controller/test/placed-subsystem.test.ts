import { describe, expect, it } from 'vitest';
import { subsystemsHere } from '../src/composition/placed-subsystem.ts';
import { ManualClock } from './manual-clock.ts';

describe('a subsystem with a duty', () => {
  it('tries again to begin when it could not, until it stops', async () => {
    const clock = new ManualClock();
    const held = Promise.withResolvers<void>();
    const duty = {
      isHere: () => false,
      clock,
      held: () => held.promise,
      onBegin: () => undefined,
      onEnd: () => undefined,
    };
    const errors: string[] = [];
    let [tries, starts, stops] = [0, 0, 0];
    const subsystem = {
      name: 'archive',
      start: async () => {
        if (++tries < 3) throw new Error('the directory is in use');
        starts++;
      },
      stop: () => {
        stops++;
      },
    };
    const placed = [{ subsystem, roles: ['atlas'] as const, duty }];
    const [here] = subsystemsHere(placed, { roles: new Set(['atlas']) }, (_, name) => errors.push(name));
    await here.start();
    expect(tries).toBe(0);
    held.resolve();
    for (let i = 0; i < 3; i++) await clock.advance(10_000);
    expect([tries, starts, errors]).toEqual([3, 1, ['archive', 'archive']]);
    await here.stop();
    expect(stops).toBe(1);
  });
});
