import { emptyStats, NO_RELATIONS, type ReverseTraceroute, type ReverseTracerouteRequest } from '@revtr/engine';
import { createRandom } from '@revtr/probing';
import { type Batch, Batches, Jobs, KillSwitchRecords, QueueState, type User, Users } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/foundation/metrics.ts';
import { BatchEvents } from '../src/measurements/batch-events.ts';
import { type JobQueue, MeasurementRunner } from '../src/measurements/runner.ts';
import { WaitingTimes } from '../src/measurements/waiting/waiting-times.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const STEP_MS = 250;
const SOURCES = ['192.0.2.1', '192.0.2.2'];
const LIMITS = { max_per_day: 10_000, max_parallel: 10_000, max_per_minute: 10_000 };

/** Measurements that take between 4 and 16 seconds of virtual time. */
function slowEngine(clock: ManualClock) {
  const random = createRandom(7);
  return {
    measure: async ({ source, destination }: ReverseTracerouteRequest): Promise<ReverseTraceroute> => {
      const startedAt = clock.now();
      await clock.sleep(4_000 + 12_000 * random.next());
      const outcome = { plan: 'slow', stopReason: 'reaches', hops: [], confidence: 1, attempts: [] } as const;
      return { ...outcome, source, destination, startedAt, endedAt: clock.now(), stats: emptyStats() };
    },
  };
}

describe('WaitingTimes', () => {
  const database = useDatabase();

  it('tells when batches of users with different weights will begin and end, as it then happens', async () => {
    const { db } = database();
    const clock = new ManualClock();
    const [jobs, batches, events] = [new Jobs(db), new Batches(db), new BatchEvents()];
    let calls = 0;
    const counted = async <T>(call: Promise<T>): Promise<T> => {
      calls++;
      return call.finally(() => calls--);
    };
    const queue: JobQueue = {
      noteNew: () => jobs.noteNew(),
      lease: (...what) => counted(jobs.lease(...what)),
      expire: (...what) => counted(jobs.expire(...what)),
      renew: (...what) => counted(jobs.renew(...what)),
      release: (...what) => counted(jobs.release(...what)),
      releaseOf: (...what) => counted(jobs.releaseOf(...what)),
      finish: (...what) => counted(jobs.finish(...what)),
    };
    const runner = new MeasurementRunner(
      { owner: 'a', concurrency: 40, leaseMs: 30_000, pollMs: 1_000, longestWaitMs: 86_400_000 },
      {
        ...{ jobs: queue, batches, engine: slowEngine(clock), events, clock, onDemand: undefined },
        facts: { relations: NO_RELATIONS, ipToAs: { originOf: () => undefined, prefixOf: () => undefined } },
        owners: { ownerOf: () => undefined },
        metrics: new Metrics(),
        audit: { canRecord: true, onChange: () => undefined },
        switches: await KillSwitches.open({ records: new KillSwitchRecords(db), clock }),
        random: () => 0,
        log: pino({ level: 'silent' }),
      },
    );
    const waiting = new WaitingTimes({
      queue: new QueueState(db),
      clock,
      engines: async () => () => runner.pace && { engine: '', ...runner.pace },
    });
    const userOf = async (name: string, weight: number): Promise<User> => {
      const users = new Users(db);
      const user = await users.ensure({ name, email: `${name}@revtr.example`, role: 'user', ...LIMITS });
      return (await users.change(user.id, { weight })) ?? user;
    };
    const submit = async (user: User, count: number): Promise<Batch> => {
      const pairs = Array.from({ length: count }, (_, i) => ({
        ...{ source: SOURCES[i % SOURCES.length], destination: '198.51.100.1', label: '', options: {} },
      }));
      const outcome = await batches.accept(user, pairs, new Date(clock.now()));
      const batch = 'id' in outcome ? await batches.find(outcome.id) : undefined;
      if (batch === undefined) throw new Error('the batch was not accepted');
      runner.notify();
      return batch;
    };
    const step = async (): Promise<void> => {
      await clock.advance(STEP_MS);
      do await settle();
      while (calls > 0);
    };
    const [light, heavy, small] = [await userOf('light', 1), await userOf('heavy', 3), await userOf('small', 1)];
    const first = await submit(light, 260);
    expect(await waiting.of(first)).toEqual({ queued: 260, running: 0 });
    runner.start();
    for (let passed = 0; passed < 20_000; passed += STEP_MS) await step();
    const followed = [first, await submit(heavy, 180), await submit(light, 40), await submit(small, 2)];
    await step();
    const askedAt = clock.now();
    const told = [];
    for (const batch of followed) told.push(await waiting.of(batch));
    const left = new Map(followed.map(({ id, size }) => [id, size]));
    left.set(first.id, first.size - (await batches.countDone(first.id)));
    const endedAt = new Map<number, number>();
    for (const { id } of followed)
      events.subscribe(id, { paths: false }, () => {
        left.set(id, (left.get(id) ?? 0) - 1);
        if (left.get(id) === 0) endedAt.set(id, (clock.now() - askedAt) / 1_000);
      });
    while (endedAt.size < followed.length) await step();
    for (const [i, { id }] of followed.entries()) {
      const [expected, actual] = [told[i].endsInSeconds ?? Number.NaN, endedAt.get(id) ?? Number.NaN];
      // The last measurements of a batch take up to 16 seconds.
      expect(Math.abs(expected - actual), `${expected} and ${actual}`).toBeLessThan(0.1 * actual + 10);
    }
    expect(told[3].startsInSeconds).toBe(0);
    expect(endedAt.get(followed[3].id)).toBeLessThan(20);
    expect(endedAt.get(followed[0].id)).toBeGreaterThan(endedAt.get(followed[1].id) ?? 0);
    expect(await waiting.of(first)).toEqual({ queued: 0, running: 0, startsInSeconds: 0, endsInSeconds: 0 });
    let isStopped = false;
    const stopped = runner.stop().finally(() => {
      isStopped = true;
    });
    while (!isStopped) await step();
    await stopped;
  });

  it('looks at the queue once for all sources of a batch', async () => {
    const sources = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
    const flow = { userId: 1, weight: 1, isBulk: true, queued: 10 };
    let looks = 0;
    const waiting = new WaitingTimes({
      queue: {
        flows: async () => sources.map((source) => ({ ...flow, source })),
        standingOf: async () =>
          sources.map((source) => ({ source, isBulk: true, own: 10, beforeFirst: 0, beforeLast: 9 })),
        runningOf: async () => ({ running: 0, source: null }),
      },
      clock: new ManualClock(),
      engines: async () => () => {
        looks++;
        return { engine: 'a', perSecond: 10, meanMs: 1_000 };
      },
    });
    const times = await waiting.of({ id: 1, user_id: 1 });
    expect(times).toMatchObject({ queued: 1_000, running: 0, startsInSeconds: 0 });
    // Each source gets a tenth of a measurement per second; the last one takes a second.
    expect(times.endsInSeconds).toBeCloseTo(91);
    expect(looks).toBeLessThanOrEqual(2 * sources.length);
  });
});
