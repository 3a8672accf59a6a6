import { beforeEach, describe, expect, it } from 'vitest';
import { Periodic, type PeriodicOptions } from '../src/foundation/periodic.ts';
import { ManualClock, settle } from './manual-clock.ts';

const EVERY_MS = 1_000;

describe('Periodic', () => {
  let clock: ManualClock;
  let started: number[];
  let errors: unknown[];
  let work: (signal: AbortSignal) => Promise<void>;
  const start = (options: Partial<PeriodicOptions> = {}): Periodic => {
    const begin = clock.now();
    const periodic = new Periodic(
      { everyMs: EVERY_MS, ...options },
      {
        clock,
        work: (signal) => {
          started.push(clock.now() - begin);
          return work(signal);
        },
        onError: (error) => errors.push(error),
      },
    );
    periodic.start();
    return periodic;
  };
  beforeEach(() => {
    clock = new ManualClock();
    started = [];
    errors = [];
    work = async () => undefined;
  });

  it('runs after each pause', async () => {
    const periodic = start();
    await clock.advance(3 * EVERY_MS - 1);
    expect(started).toEqual([1_000, 2_000]);
    await periodic.stop();
  });

  it('runs at once when it is immediate', async () => {
    const periodic = start({ isImmediate: true });
    await clock.advance(EVERY_MS);
    expect(started).toEqual([0, 1_000]);
    await periodic.stop();
  });

  it('starts one series, however often it is started', async () => {
    const periodic = start();
    periodic.start();
    await clock.advance(2 * EVERY_MS);
    expect(started).toEqual([1_000, 2_000]);
    await periodic.stop();
  });

  it('never overlaps runs, and pauses after a run that is longer than the interval', async () => {
    let underWay = 0;
    let most = 0;
    work = async () => {
      most = Math.max(most, ++underWay);
      await clock.sleep(2_500);
      underWay--;
    };
    const periodic = start();
    await clock.advance(10_000);
    expect(started).toEqual([1_000, 4_500, 8_000]);
    expect(most).toBe(1);
    const stopped = periodic.stop();
    await clock.advance(2_500);
    await stopped;
  });

  it('ends a pause early when it is woken, and pauses as long as usual afterwards', async () => {
    const periodic = start();
    await clock.advance(300);
    periodic.wake();
    await clock.advance(EVERY_MS);
    expect(started).toEqual([300, 1_300]);
    await periodic.stop();
  });

  it('runs once more without a pause when it is woken during a run', async () => {
    work = () => clock.sleep(100);
    const periodic = start();
    await clock.advance(1_050);
    periodic.wake();
    periodic.wake();
    await clock.advance(500);
    expect(started).toEqual([1_000, 1_100]);
    await periodic.stop();
  });

  it('signals a run under way that it is stopped, and resolves when the run has ended', async () => {
    let isOver = false;
    work = async (signal) => {
      await clock.sleep(60_000, signal).catch(() => undefined);
      await clock.sleep(10);
      isOver = true;
    };
    const periodic = start();
    await clock.advance(EVERY_MS);
    let isStopped = false;
    const stopped = periodic.stop().then(() => {
      isStopped = true;
    });
    await settle();
    expect([isOver, isStopped]).toEqual([false, false]);
    await clock.advance(10);
    await stopped;
    expect(isOver).toBe(true);
    await clock.advance(10 * EVERY_MS);
    expect(started).toEqual([1_000]);
  });

  it('reports a run that fails, and goes on', async () => {
    work = async () => {
      throw new Error('the database is away');
    };
    const periodic = start();
    await clock.advance(2 * EVERY_MS);
    expect(started).toEqual([1_000, 2_000]);
    expect(errors).toEqual([new Error('the database is away'), new Error('the database is away')]);
    await periodic.stop();
  });

  it('does not report a run that fails because it was stopped', async () => {
    work = (signal) => clock.sleep(60_000, signal);
    const periodic = start();
    await clock.advance(EVERY_MS);
    await periodic.stop();
    expect(errors).toEqual([]);
  });

  it('can be stopped before it was started', async () => {
    const periodic = new Periodic({ everyMs: 1 }, { clock, work: () => work(AbortSignal.abort()), onError: () => 0 });
    await periodic.stop();
    periodic.start();
    await clock.advance(10);
    expect(clock.sleeping).toBe(0);
  });
});
