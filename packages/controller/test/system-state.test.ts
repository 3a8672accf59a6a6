import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/foundation/metrics.ts';
import { observeState } from '../src/operations/state-metrics.ts';
import { StateReader } from '../src/operations/system-state.ts';
import { ManualClock } from './manual-clock.ts';

describe('StateReader', () => {
  it('asks a database that fails at most every five seconds', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const failing = async (): Promise<never> => {
      asked++;
      throw new Error('the database is away');
    };
    const reader = new StateReader({
      queue: { totals: failing, rawProbes: async () => ({ queued: 0, running: 0, oldest: null }) },
      mails: { backlog: async () => ({ waiting: 0, failing: 0, oldest: null }) },
      directory: { list: () => [] },
      datasets: { status: () => [] },
      runs: { paidSince: async () => ({ runs: 0, credits: 0 }) },
      switches: { list: () => [] },
      processesWith: undefined,
      clock,
    });
    for (let i = 0; i < 3; i++) await expect(reader.read()).rejects.toThrow('away');
    expect(asked).toBe(1);
    await clock.advance(5_001);
    await expect(reader.read()).rejects.toThrow('away');
    expect(asked).toBe(2);
  });
});

describe('the metrics of a process', () => {
  it('are there without those of the database when it does not answer', async () => {
    const clock = new ManualClock();
    const metrics = new Metrics();
    const datasets = [{ kind: 'mmdb', importedAt: undefined, hasFailed: true }];
    const known = { at: clock.now(), startedAt: 0, agents: [], datasets, processes: [], killSwitches: [] };
    const state = { read: () => Promise.withResolvers<never>().promise, known: () => known };
    observeState(metrics, { state, clock, log: pino({ level: 'silent' }) });
    metrics.refused('message');
    const shown = metrics.registry.metrics();
    await clock.advance(3_000);
    expect((await shown).split('\n')).toContain('revtr_refused_total{kind="message"} 1');
    expect(await shown).toContain('revtr_dataset_failed{dataset="mmdb"} 1');
    expect(await shown).not.toMatch(/^revtr_queue_oldest_seconds /m);
  });
});
