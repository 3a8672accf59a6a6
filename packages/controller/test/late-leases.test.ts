import { NO_RELATIONS } from '@revtr/engine';
import { Batches, Jobs, KillSwitchRecords, Users } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../src/foundation/metrics.ts';
import { BatchEvents } from '../src/measurements/batch-events.ts';
import { ownedJobs } from '../src/measurements/owned-jobs.ts';
import { MeasurementRunner } from '../src/measurements/runner.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { HeldEngine } from './held-engine.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const [KEPT, GIVEN] = ['192.0.2.1', '192.0.2.2'];
const LIMITS = { max_per_day: 100, max_parallel: 100, max_per_minute: 100 };

describe('jobs that a lease returns late', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let engine: HeldEngine;
  let batches: Batches;
  let batch: number;
  let runner: MeasurementRunner;
  /** Sources that the engine owns. */
  let owned: Set<string>;
  /** Lets the database answer the first lease. */
  let answer: () => void;

  /** Waits for something that needs virtual time. */
  const finished = async (work: Promise<void>): Promise<void> => {
    let isFinished = false;
    void work.then(() => {
      isFinished = true;
    });
    await vi.waitFor(
      async () => {
        await clock.advance(5);
        expect(isFinished).toBe(true);
      },
      { interval: 2, timeout: 30_000 },
    );
  };
  const states = async (): Promise<readonly string[]> =>
    (await batches.measurementsOf(batch)).map(({ source, state }) => `${source} ${state}`);

  beforeEach(async () => {
    clock = new ManualClock();
    engine = new HeldEngine(clock);
    const { db } = database();
    const jobs = new Jobs(db);
    batches = new Batches(db);
    const user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...LIMITS });
    const pairs = [KEPT, GIVEN].map((source, i) => ({
      ...{ source, destination: `198.51.100.${i + 1}`, label: '', options: {} },
    }));
    const outcome = await batches.accept(user, pairs, new Date(clock.now()));
    if (!('id' in outcome)) throw new Error('the batch was not accepted');
    batch = outcome.id;
    owned = new Set([KEPT, GIVEN]);
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    answer = held.resolve;
    const leaseOf = jobs.leaseOf.bind(jobs);
    vi.spyOn(jobs, 'leaseOf').mockImplementationOnce(async (...what) => {
      asked.resolve();
      await held.promise;
      return leaseOf(...what);
    });
    runner = new MeasurementRunner(
      { owner: 'one', concurrency: 10, leaseMs: 30_000, pollMs: 1_000, longestWaitMs: 3_600_000 },
      {
        jobs: ownedJobs(jobs, () => [...owned]),
        owned: () => [...owned],
        ...{ batches, engine, clock, events: new BatchEvents(), metrics: new Metrics(), onDemand: undefined },
        facts: { relations: NO_RELATIONS, ipToAs: { originOf: () => undefined, prefixOf: () => undefined } },
        owners: { ownerOf: () => undefined },
        switches: await KillSwitches.open({ records: new KillSwitchRecords(db), clock }),
        audit: { canRecord: true, onChange: () => undefined },
        random: () => 0,
        log: pino({ level: 'silent' }),
      },
    );
    runner.start();
    await asked.promise;
  });

  it('return to the queue when the runner was stopped meanwhile', async () => {
    const stopped = runner.stop();
    answer();
    await finished(stopped);
    expect(engine.begun).toEqual([]);
    expect(await states()).toEqual([`${KEPT} queued`, `${GIVEN} queued`]);
  });

  it('return to the queue, before the source is handed over, when it was given up meanwhile', async () => {
    owned.delete(GIVEN);
    const handedOver = runner.handOver(GIVEN, false);
    await settle();
    answer();
    await finished(handedOver);
    await vi.waitFor(() => expect(engine.begun).toEqual(['198.51.100.1']));
    expect(await states()).toEqual([`${KEPT} running`, `${GIVEN} queued`]);
    await finished(runner.stop());
  });

  it('are left to the next owner when the source was lost meanwhile, for which nobody waits for the database', async () => {
    owned.delete(GIVEN);
    await runner.handOver(GIVEN, true);
    answer();
    await vi.waitFor(() => expect(engine.begun).toEqual(['198.51.100.1']));
    expect(await states()).toEqual([`${KEPT} running`, `${GIVEN} running`]);
    await finished(runner.stop());
  });
});
