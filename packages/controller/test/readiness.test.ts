import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/foundation/metrics.ts';
import { ReadinessProbe } from '../src/operations/readiness.ts';
import { observeReadiness } from '../src/operations/readiness-metrics.ts';
import { ManualClock } from './manual-clock.ts';

describe('ReadinessProbe', () => {
  it('says which part fails or does not answer, and asks the parts at most once a second', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const probe = new ReadinessProbe(
      {
        needed: {
          database: async () => {
            asked++;
          },
          bus: () => Promise.reject(new Error('closed')),
          disk: () => new Promise(() => undefined),
        },
      },
      { clock },
    );
    const [first, second] = [probe.read(), probe.read()];
    await clock.advance(2_000);
    expect(await first).toEqual({ isReady: false, parts: { database: 'ok', bus: 'failed', disk: 'tooSlow' } });
    expect(await second).toEqual(await first);
    expect(asked).toBe(1);
    const third = probe.read();
    await clock.advance(2_000);
    await third;
    expect(asked).toBe(2);
  });

  it('is ready while all parts answer, until the process stops', async () => {
    const probe = new ReadinessProbe({ needed: { database: async () => undefined } }, { clock: new ManualClock() });
    expect(await probe.read()).toEqual({ isReady: true, parts: { database: 'ok' } });
    probe.stopping();
    expect((await probe.read()).isReady).toBe(false);
  });

  it('names a part that does not work although the process can do without it', async () => {
    const lost = (): Promise<void> => Promise.reject(new Error('lost'));
    const probe = new ReadinessProbe(
      { needed: { database: async () => undefined }, helpful: { bus: lost } },
      { clock: new ManualClock() },
    );
    expect(await probe.read()).toEqual({ isReady: true, parts: { database: 'ok', bus: 'failed' } });
  });

  it('is in the metrics with each part', async () => {
    const metrics = new Metrics();
    const lost = (): Promise<void> => Promise.reject(new Error('lost'));
    observeReadiness(metrics, {
      readiness: new ReadinessProbe(
        { needed: { database: async () => undefined }, helpful: { bus: lost } },
        { clock: new ManualClock() },
      ),
    });
    const lines = (await metrics.registry.metrics()).split('\n');
    expect(lines).toContain('revtr_part_works{part="database"} 1');
    expect(lines).toContain('revtr_part_works{part="bus"} 0');
  });
});
