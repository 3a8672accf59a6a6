import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Batches, ColdPartitions, ColdStore, DirectoryFiles, Jobs, ResultPartitions, Users } from '@revtr/storage';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { ColdKeeper } from '../src/results/cold-keeper.ts';
import { ColdMetrics } from '../src/results/cold-metrics.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const LIMITS = { max_per_day: 10, max_parallel: 10, max_per_minute: 10 };
const database = useDatabase();

/** What a test has: a keeper whose directory is a file at first, and what the metrics show. */
interface Kept {
  readonly keeper: ColdKeeper;
  readonly store: ColdStore;
  /** The path of the directory. */
  readonly directory: string;
  readonly metricOf: (name: string) => Promise<number | undefined>;
}

/** Runs `use` with a keeper of the partitions that `partitionsOf` returns. */
async function withKeeper(
  clock: ManualClock,
  partitionsOf: (store: ColdStore) => ColdPartitions,
  use: (kept: Kept) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'revtr-cold-keeper-'));
  const directory = join(root, 'cold');
  writeFileSync(directory, 'a file');
  try {
    const registry = new Registry();
    const metrics = new ColdMetrics(registry);
    const store = new ColdStore({}, { files: new DirectoryFiles(directory), onFault: () => undefined });
    const cold = partitionsOf(store);
    const keeper = new ColdKeeper({ afterDays: 3 }, { cold, metrics, clock, log: pino({ level: 'silent' }) });
    const metricOf = async (name: string): Promise<number | undefined> =>
      (await registry.getSingleMetric(`revtr_cold_${name}`)?.get())?.values[0]?.value;
    await use({ keeper, store, directory, metricOf });
  } finally {
    rmSync(root, { recursive: true });
  }
}

it('says for how long results have been due to move although their directory cannot be used, until another process does so', async () => {
  const { db } = database();
  const clock = new ManualClock();
  const partition = {
    first_id: 1,
    end_id: 2,
    opened_at: new Date(0),
    closed_at: new Date(clock.now()),
    moved_at: null,
  };
  const dueAlways = (store: ColdStore): ColdPartitions =>
    Object.assign(new ColdPartitions({}, { db, store }), { due: async () => [partition] });
  await withKeeper(clock, dueAlways, async ({ keeper, metricOf }) => {
    await clock.advance(5 * DAY_MS);
    await keeper.run(new AbortController().signal);
    expect(await metricOf('overdue_seconds')).toBe((2 * DAY_MS) / 1_000);
    keeper.ended();
    expect(await metricOf('overdue_seconds')).toBe(0);
  });
});

it('moves all other partitions although one cannot be moved, and tries one that fails once in ten minutes', async () => {
  const { db } = database();
  const clock = new ManualClock();
  const broken = new Set([1, 2]);
  let due = [1, 2, 3, 4].map((first_id) => ({
    ...{ first_id, end_id: first_id + 1, opened_at: new Date(0), closed_at: new Date(0), moved_at: null },
  }));
  const tried: number[] = [];
  const partitionsOf = (store: ColdStore): ColdPartitions =>
    Object.assign(new ColdPartitions({}, { db, store }), {
      due: async () => due,
      move: async (partition: (typeof due)[number]) => {
        tried.push(partition.first_id);
        if (broken.has(partition.first_id)) throw new Error('it is broken');
        due = due.filter((other) => other !== partition);
        return { partition, files: [] };
      },
    });
  await withKeeper(clock, partitionsOf, async ({ keeper, directory, metricOf }) => {
    rmSync(directory);
    const run = async (): Promise<number[]> => {
      tried.length = 0;
      await keeper.run(new AbortController().signal);
      await clock.advance(10 * MINUTE_MS);
      return [...tried];
    };
    expect([await run(), await run(), await run(), await run()]).toEqual([[1], [2], [3, 4, 1], [2]]);
    expect(await metricOf('failures_total')).toBe(4);
    broken.clear();
    expect([await run(), await run()]).toEqual([[1, 2], []]);
    expect(await metricOf('failures_total')).toBe(4);
  });
});

it('shows that files could be read until one cannot, because an increase needs a value before it', async () => {
  const registry = new Registry();
  const metrics = new ColdMetrics(registry);
  const shown = async (): Promise<string> => registry.metrics();
  expect(await shown()).toContain('revtr_cold_unreadable_total{reason="missing"} 0');
  metrics.unreadable('missing');
  expect(await shown()).toContain('revtr_cold_unreadable_total{reason="missing"} 1');
});

it('keeps results in the database while their directory cannot be used, and moves them ten minutes later', async () => {
  const { db } = database();
  const clock = new ManualClock();
  const now = (): Date => new Date(clock.now());
  const [partitions, batches, jobs] = [new ResultPartitions(db), new Batches(db), new Jobs(db)];
  const user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...LIMITS });
  await partitions.prepare(now());
  await batches.accept(user, [{ source: '1.0.0.1', destination: '1.0.1.1', label: '', options: {} }], now());
  const [{ id }] = await jobs.lease('a', 1, now(), new Date(clock.now() + MINUTE_MS));
  await jobs.finish('a', [{ id, result: { stopReason: 'reaches' } }], now());
  await clock.advance(DAY_MS);
  await partitions.prepare(now());

  const partitionsOf = (store: ColdStore): ColdPartitions => new ColdPartitions({}, { db, store });
  await withKeeper(clock, partitionsOf, async ({ keeper, store, directory, metricOf }) => {
    const { signal } = new AbortController();

    await clock.advance(2 * DAY_MS);
    await keeper.run(signal);
    expect(await metricOf('failures_total')).toBe(1);
    rmSync(directory);
    await clock.advance(9 * MINUTE_MS);
    await keeper.run(signal);
    await clock.advance(MINUTE_MS);
    await keeper.run(signal);
    // The results are not old enough.
    expect([await metricOf('failures_total'), await metricOf('results')]).toEqual([1, 0]);
    await clock.advance(DAY_MS);
    await keeper.run(signal);
    expect([await metricOf('results'), await metricOf('partitions'), await metricOf('overdue_seconds')]).toEqual([
      1, 1, 0,
    ]);
    expect(await metricOf('last_success_timestamp_seconds')).toBe(clock.now() / 1_000);
    expect((await new Batches(db, store).findMeasurement(id))?.result).toEqual({ stopReason: 'reaches' });
    // What a process that was killed has left behind.
    const left = join(directory, '2026/01/01/1-abcdef.parquet');
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, 'left');
    await keeper.run(signal);
    expect(existsSync(left)).toBe(true);
    await clock.advance(60 * MINUTE_MS);
    await keeper.run(signal);
    expect(existsSync(left)).toBe(false);
    await keeper.run(AbortSignal.abort());
    expect(await metricOf('failures_total')).toBe(1);
  });
});
