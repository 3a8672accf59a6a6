import { Batches, type FinishedJob, Jobs, Users } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultWriter } from '../src/measurements/result-writer.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const OWNER = 'this process';

/** The table of measurements, whose writes fail while the test says that the database is away. */
class FragileJobs extends Jobs {
  isAway = false;
  readonly writes: (readonly FinishedJob[])[] = [];

  override async finish(owner: string, finished: readonly FinishedJob[], now: Date): Promise<number[]> {
    this.writes.push([...finished]);
    if (this.isAway) throw new Error('the database is away');
    return super.finish(owner, finished, now);
  }
}

describe('ResultWriter', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let jobs: FragileJobs;
  let stored: number[];
  let rejected: number[];
  let writer: ResultWriter;
  let ids: number[];
  let batchId: number;
  const results = async (): Promise<unknown[]> => {
    const rows = await new Batches(database().db).measurementsOf(batchId);
    return rows.map(({ result }) => result);
  };
  beforeEach(async () => {
    clock = new ManualClock();
    const { db } = database();
    jobs = new FragileJobs(db);
    stored = [];
    rejected = [];
    const onWritten = (id: number, isStored: boolean) => (isStored ? stored : rejected).push(id);
    writer = new ResultWriter(
      { owner: OWNER, gatherMs: 5, leastPauseMs: 50, retry: { firstMs: 500, mostMs: 2_000, jitter: 0 } },
      { jobs, clock, random: () => 0, log: pino({ level: 'silent' }), onWritten },
    );
    const limits = { max_per_day: 100, max_parallel: 100, max_per_minute: 100 };
    const user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    const pair = { source: '192.0.2.1', destination: '198.51.100.1', label: '', options: {} };
    const outcome = await new Batches(db).accept(user, [pair, pair, pair], new Date(clock.now()));
    batchId = 'id' in outcome ? outcome.id : 0;
    const lent = await jobs.lease(OWNER, 3, new Date(clock.now()), new Date(clock.now() + 60_000));
    ids = lent.map(({ id }) => id).toSorted((a, b) => a - b);
  });

  it('writes what is gathered within a moment together', async () => {
    writer.add({ id: ids[0], result: { n: 0 } });
    await clock.advance(3);
    writer.add({ id: ids[1], result: { n: 1 } });
    await clock.advance(2);
    await writer.flush();
    expect(jobs.writes.map((group) => group.length)).toEqual([2]);
    expect(stored.toSorted((a, b) => a - b)).toEqual([ids[0], ids[1]]);
    expect(await results()).toEqual([{ n: 0 }, { n: 1 }, null]);
  });

  it('writes results that follow a write together after a pause', async () => {
    writer.add({ id: ids[0], result: { n: 0 } });
    await clock.advance(5);
    await vi.waitFor(() => expect(stored).toEqual([ids[0]]));
    writer.add({ id: ids[1], result: { n: 1 } });
    await clock.advance(49);
    writer.add({ id: ids[2], result: { n: 2 } });
    expect(jobs.writes.map((group) => group.length)).toEqual([1]);
    await clock.advance(1);
    await writer.flush();
    expect(jobs.writes.map((group) => group.length)).toEqual([1, 2]);
    expect(await results()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it('repeats a failed write after growing pauses, with the results added in between', async () => {
    jobs.isAway = true;
    writer.add({ id: ids[0], result: { n: 0 } });
    await clock.advance(5);
    const begin = clock.now();
    const tries: number[] = [];
    for (let passed = 0; passed < 6_000; passed += 100) {
      const before = jobs.writes.length;
      await clock.advance(100);
      if (jobs.writes.length > before) tries.push(clock.now() - begin);
    }
    expect(tries).toEqual([500, 1_500, 3_500, 5_500]);
    expect(stored).toEqual([]);
    writer.add({ id: ids[1], result: { n: 1 } });
    jobs.isAway = false;
    await clock.advance(2_000);
    await writer.flush();
    expect(stored.toSorted((a, b) => a - b)).toEqual([ids[0], ids[1]]);
    expect(await results()).toEqual([{ n: 0 }, { n: 1 }, null]);
  });

  it('announces the result of a job that another process has leased as rejected', async () => {
    await jobs.release(OWNER);
    await jobs.lease('another process', 3, new Date(clock.now()), new Date(clock.now() + 60_000));
    writer.add({ id: ids[0], result: { n: 0 } });
    await clock.advance(5);
    await writer.flush();
    expect(stored).toEqual([]);
    expect(rejected).toEqual([ids[0]]);
    expect(await results()).toEqual([null, null, null]);
  });

  it('announces each result once, also when the process reports it twice', async () => {
    for (let times = 0; times < 2; times++) {
      writer.add({ id: ids[0], result: { times } });
      await clock.advance(50);
      await writer.flush();
    }
    expect(stored).toEqual([ids[0]]);
    expect((await results())[0]).toEqual({ times: 0 });
  });

  it('has nothing to wait for when nothing was added', async () => {
    await writer.flush();
    expect(jobs.writes).toEqual([]);
  });
});
