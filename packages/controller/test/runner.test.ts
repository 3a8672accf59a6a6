import { setImmediate } from 'node:timers/promises';
import { NO_RELATIONS } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import {
  Batches,
  Jobs,
  KillSwitchRecords,
  type KillSwitchScope,
  type MeasurementRow,
  type User,
  Users,
} from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AddressFacts } from '../src/facts/address-facts.ts';
import { Metrics } from '../src/foundation/metrics.ts';
import { type BatchEvent, BatchEvents } from '../src/measurements/batch-events.ts';
import { MeasurementRunner } from '../src/measurements/runner.ts';
import { readStoredResult } from '../src/measurements/stored-result.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { HeldEngine } from './held-engine.ts';
import { ManualClock } from './manual-clock.ts';
import { Recording } from './recording.ts';
import { useDatabase } from './test-database.ts';

const LEASE_MS = 30_000;
const POLL_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;
const facts: AddressFacts = {
  relations: NO_RELATIONS,
  ipToAs: { originOf: () => undefined, prefixOf: () => undefined },
  knowsAllRoutes: false,
  asName: () => undefined,
  nameOf: async () => undefined,
  resolve: async () => [],
};

describe('MeasurementRunner', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let engine: HeldEngine;
  let jobs: Jobs;
  let batches: Batches;
  let events: BatchEvents;
  let user: User;
  let runner: MeasurementRunner;
  let switches: KillSwitches;
  /** Whether probes can be recorded, and who wants to know. */
  let audit: Recording;
  const newRunner = (owner: string, concurrency = 10, delayMs?: () => number | undefined): MeasurementRunner =>
    new MeasurementRunner(
      { owner, concurrency, leaseMs: LEASE_MS, pollMs: POLL_MS, longestWaitMs: LONGEST_WAIT_MS },
      {
        jobs,
        batches,
        engine,
        facts,
        owners: { ownerOf: () => undefined },
        onDemand: undefined,
        events,
        metrics: new Metrics(),
        switches,
        audit,
        delayMs,
        clock,
        random: () => 0,
        log: pino({ level: 'silent' }),
      },
    );
  const submit = async (...destinations: string[]): Promise<number> => {
    const pairs = destinations.map((destination) => ({ source: '192.0.2.1', destination, label: '', options: {} }));
    const outcome = await batches.accept(user, pairs, new Date(clock.now()));
    if (!('id' in outcome)) throw new Error('the batch was not accepted');
    return outcome.id;
  };
  const rows = (batch: number): Promise<MeasurementRow[]> => batches.measurementsOf(batch);
  const states = async (batch: number): Promise<string[]> => (await rows(batch)).map(({ state }) => state);
  const begun = (...destinations: string[]): Promise<void> =>
    vi.waitFor(() => expect(engine.begun.toSorted()).toEqual(destinations), { interval: 2, timeout: 30_000 });
  /** Resolves when the runner has taken what there is, and waits for work and for its next renewal. */
  const idle = (): Promise<void> => vi.waitFor(() => expect(clock.sleeping).toBe(3), { interval: 2, timeout: 30_000 });
  const pass = async (milliseconds: number): Promise<void> => {
    await idle();
    for (const end = clock.now() + milliseconds; clock.now() < end; await idle())
      await clock.advance(Math.min(POLL_MS, end - clock.now()));
  };
  /** Lets the gathered results be written. */
  const written = async (batch: number, ...expected: string[]): Promise<void> => {
    await vi.waitFor(
      async () => {
        await clock.advance(5);
        expect(await states(batch)).toEqual(expected);
      },
      { interval: 2, timeout: 30_000 },
    );
  };
  beforeEach(async () => {
    clock = new ManualClock();
    engine = new HeldEngine(clock);
    const { db } = database();
    jobs = new Jobs(db);
    batches = new Batches(db);
    events = new BatchEvents();
    const limits = { max_per_day: 100, max_parallel: 100, max_per_minute: 100 };
    user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    switches = await KillSwitches.open({ records: new KillSwitchRecords(db), clock });
    audit = new Recording();
    runner = newRunner('one');
  });
  /** A stop writes the results that are gathered, which takes virtual time. */
  const stop = async (which: MeasurementRunner): Promise<void> => {
    let isStopped = false;
    const stopped = which.stop().finally(() => {
      isStopped = true;
    });
    await vi.waitFor(
      async () => {
        await clock.advance(5);
        expect(isStopped).toBe(true);
      },
      { interval: 2, timeout: 30_000 },
    );
    await stopped;
  };
  afterEach(() => stop(runner));

  it('runs queued measurements, stores the results, and notifies listeners when they are stored', async () => {
    const batch = await submit('198.51.100.1', '198.51.100.2');
    const told: BatchEvent[] = [];
    events.subscribe(batch, { paths: false }, (event) => told.push(event));
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    engine.end('198.51.100.2');
    await written(batch, 'running', 'done');
    const [first, second] = await rows(batch);
    expect(told).toEqual([{ type: 'ended', measurement: second.id, stopReason: 'reaches' }]);
    engine.end('198.51.100.1');
    await written(batch, 'done', 'done');
    expect(told.slice(1)).toEqual([{ type: 'ended', measurement: first.id, stopReason: 'reaches' }]);
  });

  it('starts at once when it is notified, and otherwise at the next poll', async () => {
    runner.start();
    await idle();
    await submit('198.51.100.1');
    runner.notify();
    await begun('198.51.100.1');
    await idle();
    await submit('198.51.100.2');
    await idle();
    expect(engine.begun).toEqual(['198.51.100.1']);
    await pass(POLL_MS);
    await begun('198.51.100.1', '198.51.100.2');
  });

  it('has fewer measurements under way than it may while probes are delayed in the system, and more when they are not', async () => {
    let delayMs = 10_000;
    const limited = newRunner('limited', 100, () => delayMs);
    const all = Array.from({ length: 90 }, (_, i) => `198.51.100.${i}`);
    await submit(...all);
    limited.start();
    const underWay = (least: number): Promise<void> =>
      vi.waitFor(() => expect(engine.begun.length).toBeGreaterThanOrEqual(least), { interval: 2, timeout: 30_000 });
    await underWay(50);
    const first = engine.begun.length;
    for (let i = 0; i < 5; i++) await clock.advance(POLL_MS);
    for (const destination of engine.begun.slice(0, 5)) engine.end(destination);
    for (let i = 0; i < 5; i++) await clock.advance(POLL_MS);
    expect(engine.begun).toHaveLength(first);
    delayMs = 0;
    for (const destination of engine.begun) engine.end(destination);
    await vi.waitFor(
      async () => {
        await clock.advance(POLL_MS);
        for (const destination of engine.begun) engine.end(destination);
        expect(engine.begun).toHaveLength(all.length);
      },
      { interval: 2, timeout: 30_000 },
    );
    await stop(limited);
  });

  it('does not read an empty queue each time that a measurement ends', async () => {
    await submit(...Array.from({ length: 8 }, (_, i) => `198.51.100.${i}`));
    runner.start();
    await vi.waitFor(() => expect(engine.begun).toHaveLength(8), { interval: 2, timeout: 30_000 });
    await idle();
    const leasing = vi.spyOn(jobs, 'lease');
    for (const [i, destination] of engine.begun.entries()) {
      engine.end(destination);
      await vi.waitFor(() => expect(runner.load).toBeCloseTo((7 - i) / 10), { interval: 2, timeout: 30_000 });
      await setImmediate();
    }
    expect(leasing).not.toHaveBeenCalled();
    await vi.waitFor(
      async () => {
        await clock.advance(POLL_MS);
        expect(leasing).toHaveBeenCalled();
      },
      { interval: 2, timeout: 30_000 },
    );
  });

  it('has no more measurements under way than it may', async () => {
    runner = newRunner('one', 2);
    await submit('198.51.100.1', '198.51.100.2', '198.51.100.3');
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    await clock.advance(5 * POLL_MS);
    expect(engine.begun).toHaveLength(2);
    engine.end('198.51.100.1');
    await begun('198.51.100.1', '198.51.100.2', '198.51.100.3');
  });

  it('renews its leases while measurements last, and takes over those of a process that died', async () => {
    const batch = await submit('198.51.100.1');
    runner.start();
    await begun('198.51.100.1');
    const leaseOf = (batchId: number) =>
      database()
        .db.selectFrom('measurements')
        .select(['lease_owner', 'lease_until'])
        .where('batch_id', '=', batchId)
        .executeTakeFirst();
    const leaseEnd = async (): Promise<number> =>
      Number((await leaseOf(batch))?.lease_until?.getTime() ?? 0) - clock.now();
    expect(await leaseEnd()).toBe(LEASE_MS);
    await pass(LEASE_MS / 3 - 1);
    expect(await leaseEnd()).toBe((LEASE_MS * 2) / 3 + 1);
    await pass(1);
    await vi.waitFor(async () => expect(await leaseEnd()).toBe(LEASE_MS), { interval: 2, timeout: 30_000 });

    const lent = await submit('198.51.100.2');
    const now = new Date(clock.now());
    await jobs.lease('a process that died', 1, now, new Date(clock.now() + 1_500));
    await pass(POLL_MS);
    expect(engine.begun).toHaveLength(1);
    await pass(POLL_MS);
    await begun('198.51.100.1', '198.51.100.2');
    expect((await leaseOf(lent))?.lease_owner).toBe('one');
  });

  it('does not measure again what it still holds when its own leases have expired', async () => {
    const batch = await submit('198.51.100.1', '198.51.100.2');
    let isAway = false;
    const away = () => Promise.reject(new Error('the database is away'));
    const { renew, finish, lease } = jobs;
    jobs.renew = (...given) => (isAway ? away() : renew.apply(jobs, given));
    jobs.finish = (...given) => (isAway ? away() : finish.apply(jobs, given));
    let taken = 0;
    jobs.lease = async (...given) => {
      if (isAway) return away();
      const leased = await lease.apply(jobs, given);
      taken += leased.length;
      return leased;
    };
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    isAway = true;
    engine.end('198.51.100.1');
    for (let passed = 0; passed < 3 * LEASE_MS; passed += POLL_MS) await clock.advance(POLL_MS);
    jobs.renew = async () => undefined;
    jobs.finish = () => away();
    isAway = false;
    await vi.waitFor(
      async () => {
        await clock.advance(POLL_MS);
        expect(taken).toBe(4);
      },
      { interval: 2, timeout: 30_000 },
    );
    await clock.advance(POLL_MS);
    expect(engine.begun).toHaveLength(2);
    jobs.finish = finish;
    engine.end('198.51.100.2');
    await vi.waitFor(
      async () => {
        await clock.advance(POLL_MS);
        expect(await states(batch)).toEqual(['done', 'done']);
      },
      { interval: 2, timeout: 30_000 },
    );
    expect(engine.begun).toHaveLength(2);
  });

  it('measures a job whose lease was stored but not answered, once that lease has ended', async () => {
    await submit('198.51.100.1');
    const { lease } = jobs;
    jobs.lease = async (...given) => {
      await lease.apply(jobs, given);
      jobs.lease = lease;
      throw new Error('the connection to the database broke');
    };
    runner.start();
    await pass(LEASE_MS);
    expect(engine.begun).toEqual([]);
    await pass(2 * POLL_MS);
    await begun('198.51.100.1');
  });

  it('gives unfinished measurements back when it stops, and stores those that have ended', async () => {
    const batch = await submit('198.51.100.1', '198.51.100.2');
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    engine.end('198.51.100.1');
    await stop(runner);
    expect(await states(batch)).toEqual(['done', 'queued']);
    expect((await rows(batch))[1]).toMatchObject({ result: null });
    runner = newRunner('two');
    runner.start();
    await begun('198.51.100.1', '198.51.100.2', '198.51.100.2');
  });

  it('cancels a batch: what waits ends at once, what is under way as soon as it stops, and no other batch', async () => {
    runner = newRunner('a', 1);
    const batch = await submit('198.51.100.1', '198.51.100.2');
    const other = await submit('198.51.100.3');
    const ended: number[] = [];
    events.subscribe(batch, { paths: false }, (event) => event.type === 'ended' && ended.push(event.measurement));
    runner.start();
    await begun('198.51.100.1');
    expect(await runner.cancel(batch)).toBe(1);
    await written(batch, 'done', 'done');
    const found = await rows(batch);
    for (const { result, destination } of found)
      expect(result).toMatchObject({
        stopReason: 'cancelled',
        failReason: { code: 'batchCancelled', hop: destination },
      });
    expect(ended.toSorted()).toEqual(found.map(({ id }) => id).toSorted());
    expect(await runner.cancel(batch)).toBe(0);
    expect(await states(other)).toEqual(['running']);
  });

  it('ends what is under way of a batch whose cancellation by another process it was not told of', async () => {
    runner = newRunner('a');
    const batch = await submit('198.51.100.1');
    const other = await submit('198.51.100.2');
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    await newRunner('b').cancel(batch);
    expect(await states(batch)).toEqual(['running']);
    await runner.noteMissedCancellations();
    await written(batch, 'done');
    expect((await rows(batch))[0].result).toMatchObject({ failReason: { code: 'batchCancelled' } });
    expect(await states(other)).toEqual(['running']);
  });

  it('does not measure what another process has leased of a batch that was cancelled since', async () => {
    const batch = await submit('198.51.100.1');
    await jobs.lease('dead', 1, new Date(clock.now()), new Date(clock.now() + LEASE_MS));
    expect(await newRunner('b').cancel(batch)).toBe(0);
    runner = newRunner('a');
    runner.start();
    await vi.waitFor(
      async () => {
        await clock.advance(POLL_MS);
        expect(await states(batch)).toEqual(['done']);
      },
      { interval: 2, timeout: 30_000 },
    );
    expect(engine.begun).toEqual([]);
    expect((await rows(batch))[0].result).toMatchObject({ failReason: { code: 'batchCancelled' } });
  });

  it('ends what has waited too long in the queue, and does not end what is under way', async () => {
    runner = newRunner('a', 1);
    const batch = await submit('198.51.100.1', '198.51.100.2');
    const ended: BatchEvent[] = [];
    events.subscribe(batch, { paths: false }, (event) => ended.push(event));
    runner.start();
    await begun('198.51.100.1');
    await clock.advance(LONGEST_WAIT_MS - 1);
    expect(await states(batch)).toEqual(['running', 'queued']);
    await clock.advance(60_001);
    await written(batch, 'running', 'done');
    const [, { id, result }] = await rows(batch);
    expect(result).toMatchObject({
      stopReason: 'cancelled',
      failReason: {
        code: 'expired',
        message: 'the measurement was still in the queue 1 hour after it was submitted',
        hop: '198.51.100.2',
      },
    });
    expect(ended).toEqual([{ type: 'ended', measurement: id, stopReason: 'cancelled' }]);
    engine.end('198.51.100.1');
    await written(batch, 'done', 'done');
    expect(engine.begun).toEqual(['198.51.100.1']);
  });

  it.each([
    [40, ['198.51.100.1', '198.51.100.2']],
    [16, ['198.51.100.1']],
  ])('begins a small batch at once while large ones fill those of %i places that they may use', async (most, small) => {
    runner = newRunner('a', most);
    const large = Array.from({ length: 60 }, (_, i) => `198.51.100.${100 + i}`);
    await submit(...large);
    runner.start();
    const bulk = most - small.length;
    await vi.waitFor(() => expect(engine.begun).toHaveLength(bulk), { interval: 2, timeout: 30_000 });
    await submit(...small);
    runner.notify();
    await vi.waitFor(() => expect(engine.begun).toHaveLength(most), { interval: 2, timeout: 30_000 });
    expect(engine.begun.slice(bulk).sort()).toEqual(small);
  });

  it('stores a failure when the engine throws, and continues with the others', async () => {
    const batch = await submit('198.51.100.1', '198.51.100.2');
    runner.start();
    await begun('198.51.100.1', '198.51.100.2');
    engine.end('198.51.100.1', new TypeError('a defect'));
    engine.end('198.51.100.2');
    await written(batch, 'done', 'done');
    const [broken, whole] = (await rows(batch)).map(({ result }) => readStoredResult(result));
    expect(broken).toMatchObject({ stopReason: 'failed', failReason: { code: 'internal', hop: '198.51.100.1' } });
    expect(whole.stopReason).toBe('reaches');
    expect(parseIpv4(broken.failReason?.hop ?? '')).toBe(parseIpv4('198.51.100.1'));
  });

  it('stores a failure for options that cannot be read', async () => {
    const batch = await submit('198.51.100.1');
    await database().db.updateTable('measurements').set({ options: '{"maxSpoofers":"many"}' }).execute();
    runner.start();
    await written(batch, 'done');
    expect(readStoredResult((await rows(batch))[0].result).failReason?.code).toBe('internal');
    expect(engine.begun).toEqual([]);
  });

  describe('obeys kill switches', () => {
    const stopReasons = async (batch: number): Promise<unknown[]> =>
      (await rows(batch)).map(({ result }) => {
        const { stopReason, failReason } = readStoredResult(result);
        return [stopReason, failReason?.code];
      });

    it('ends the measurements of a stopped batch, under way and waiting, and no others', async () => {
      const stopped = await submit('198.51.100.1');
      const other = await submit('198.51.100.2');
      runner.start();
      await begun('198.51.100.1', '198.51.100.2');
      await switches.set('batch', String(stopped), 'abuse', user.id);
      await written(stopped, 'done');
      engine.end('198.51.100.2');
      await written(other, 'done');
      expect(await stopReasons(stopped)).toEqual([['cancelled', 'killSwitch']]);
      expect(await stopReasons(other)).toEqual([['reaches', undefined]]);
    });

    it('does not begin the measurements of a stopped user', async () => {
      await switches.set('user', String(user.id), 'abuse', user.id);
      const batch = await submit('198.51.100.1', '198.51.100.2');
      runner.start();
      await written(batch, 'done', 'done');
      expect(engine.begun).toEqual([]);
      expect(await stopReasons(batch)).toEqual(Array(2).fill(['cancelled', 'killSwitch']));
    });

    it('lets measurements wait in the queue while probes cannot be recorded, and runs them afterwards', async () => {
      const batch = await submit('198.51.100.1', '198.51.100.2');
      runner.start();
      await begun('198.51.100.1', '198.51.100.2');
      // The measurement whose probe is refused ends before it notices that it was stopped.
      const details = { cause: 'auditUnavailable' } as const;
      const hop = parseIpv4('198.51.100.1');
      engine.end('198.51.100.1', { code: 'probingFailed', message: 'the disk is full', hop, details });
      audit.set(false);
      await written(batch, 'queued', 'queued');
      await pass(3 * POLL_MS);
      expect(engine.begun).toHaveLength(2);
      audit.set(true);
      await begun('198.51.100.1', '198.51.100.1', '198.51.100.2', '198.51.100.2');
      for (const destination of ['198.51.100.1', '198.51.100.2']) engine.end(destination);
      await written(batch, 'done', 'done');
      expect(await stopReasons(batch)).toEqual(Array(2).fill(['reaches', undefined]));
    });

    it('measures nothing that it has taken from the queue while probes became impossible to record', async () => {
      const batch = await submit('198.51.100.1');
      const lease = jobs.lease.bind(jobs);
      vi.spyOn(jobs, 'lease').mockImplementationOnce(async (...what) => {
        const taken = await lease(...what);
        audit.set(false);
        return taken;
      });
      runner.start();
      await written(batch, 'queued');
      expect(engine.begun).toEqual([]);
      audit.set(true);
      await begun('198.51.100.1');
      // A probe that was refused although nobody has told of it.
      const details = { cause: 'auditUnavailable' } as const;
      const hop = parseIpv4('198.51.100.1');
      engine.end('198.51.100.1', { code: 'probingFailed', message: 'the disk is full', hop, details });
      await idle();
      expect(await states(batch)).toEqual(['running']);
    });

    it('lets measurements wait in the queue while all probing is stopped, and runs them afterwards', async () => {
      const batch = await submit('198.51.100.1');
      runner.start();
      await begun('198.51.100.1');
      await switches.set('probing', '', 'maintenance', user.id);
      await written(batch, 'queued');
      await switches.lift('probing', '');
      await begun('198.51.100.1', '198.51.100.1');
      engine.end('198.51.100.1');
      await written(batch, 'done');
      expect(await stopReasons(batch)).toEqual([['reaches', undefined]]);
    });

    describe('of which the agents know before it', () => {
      /** Another process has stored the switch, and the agents refuse the probes of a measurement. */
      const refuse = async (destination: string, scope: KillSwitchScope, subject: string): Promise<void> => {
        const set_at = new Date(clock.now());
        await new KillSwitchRecords(database().db).put({
          scope,
          subject,
          reason: 'maintenance',
          set_by: user.id,
          set_at,
        });
        const details = { cause: 'proberStopped' } as const;
        engine.end(destination, { code: 'probingFailed', message: 'stopped', hop: parseIpv4(destination), details });
      };

      it('lets the measurement wait while all probing is stopped', async () => {
        const batch = await submit('198.51.100.1');
        runner.start();
        await begun('198.51.100.1');
        await refuse('198.51.100.1', 'probing', '');
        await written(batch, 'queued');
      });

      it('ends the measurement as cancelled when it is stopped, and otherwise as failed', async () => {
        const batch = await submit('198.51.100.1', '198.51.100.2');
        runner.start();
        await begun('198.51.100.1', '198.51.100.2');
        await refuse('198.51.100.2', 'target', '198.51.100.1/32');
        await written(batch, 'done', 'done');
        expect(await stopReasons(batch)).toEqual([
          ['cancelled', 'killSwitch'],
          ['failed', 'probingFailed'],
        ]);
      });
    });
  });
});
