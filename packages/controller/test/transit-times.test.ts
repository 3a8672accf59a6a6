import { describe, expect, it } from 'vitest';
import { TransitTimes } from '../src/measuring/transit-times.ts';
import { ManualClock } from './manual-clock.ts';

const AGENTS = [1, 2, 3, 4, 5];

function createTimes() {
  const clock = new ManualClock();
  const times = new TransitTimes({ clock });
  /** One probe of each agent, which take so long. */
  const note = (ms: (agent: number) => number): void => {
    for (const agent of AGENTS) times.note(agent, ms(agent));
  };
  return { clock, times, note };
}

describe('the times of probes on their way through the system', () => {
  it('allow for the distance of an agent', () => {
    const { times, note } = createTimes();
    for (let i = 0; i < 50; i++) note((agent) => 100 * agent);
    for (const agent of AGENTS) expect(times.allowanceFor(agent)).toBeCloseTo(100 * agent, 0);
  });

  it('allow for more when they vary', () => {
    const { times, note } = createTimes();
    for (let i = 0; i < 50; i++) note(() => (i % 2 === 0 ? 20 : 220));
    expect(times.allowanceFor(1)).toBeGreaterThan(220);
  });

  it('show no delay when agents are far away, nor when a few of them are slow', () => {
    const { times, note } = createTimes();
    for (let i = 0; i < 10; i++) note((agent) => 100 * agent);
    expect(times.delayMs).toBe(0);
    for (let i = 0; i < 10; i++) note((agent) => 100 * agent + (agent < 3 ? 5_000 : 0));
    expect(times.delayMs).toBe(0);
  });

  it('show no delay when most probes are those of one slow agent, and others are not slow', () => {
    const { times, note } = createTimes();
    note(() => 20);
    for (let i = 0; i < 10; i++) {
      note(() => 20);
      for (let j = 0; j < 50; j++) times.note(1, 5_020);
    }
    expect(times.delayMs).toBe(0);
  });

  it('show the delay of an agent that has almost all of the work', () => {
    const { times, note } = createTimes();
    note(() => 20);
    for (let j = 0; j < 500; j++) times.note(1, 720);
    expect(times.delayMs).toBe(700);
  });

  it('show the delay that all agents have in common, and forget it', async () => {
    const { clock, times, note } = createTimes();
    for (let i = 0; i < 10; i++) note((agent) => 100 * agent);
    await clock.advance(2_000);
    for (let i = 0; i < 10; i++) note((agent) => 100 * agent + 700);
    expect(times.delayMs).toBe(700);
    await clock.advance(2_000);
    expect(times.delayMs).toBeUndefined();
  });
});
