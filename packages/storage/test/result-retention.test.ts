import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { Batches, Jobs, openDatabase, Publications, ResultPartitions, Users } from '../src/index.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 5;

it('the tables of results do not grow beyond their retention day by day', async () => {
  const database = await openDatabase({ kind: 'memory' });
  const { db } = database;
  try {
    const limits = { max_per_day: 1_000, max_parallel: 1_000, max_per_minute: 1_000 };
    const user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    const [batches, jobs, partitions] = [new Batches(db), new Jobs(db), new ResultPartitions(db)];
    const hops = Array.from({ length: 10 }, (_, i) => ({ address: `1.0.0.${i}`, asn: i, trust: 'measured' }));
    const measureOn = async (now: Date): Promise<number> => {
      const pairs = Array.from({ length: 40 }, (_, i) => ({
        source: '1.0.0.1',
        destination: `1.0.1.${i}`,
        label: '',
        options: {},
      }));
      const accepted = await batches.accept(user, pairs, now);
      const leased = await jobs.lease('a', 100, now, new Date(now.getTime() + 1_000));
      const stored = await jobs.finish(
        'a',
        leased.map(({ id }) => ({ id, result: { stopReason: 'reaches', hops } })),
        now,
      );
      await new Publications(db).publish({ id: stored[0], user_id: user.id }, String(stored[0]), now);
      return 'id' in accepted ? accepted.id : 0;
    };
    const counts = async () => {
      const { rows } = await sql<{ results: number; batches: number; publications: number; tables: number }>`
        select (select count(*) from results) as results, (select count(*) from batches) as batches,
          (select count(*) from publications) as publications,
          (select count(*) from pg_inherits where inhparent = 'results'::regclass) as tables`.execute(db);
      return rows[0];
    };
    const start = Date.UTC(2026, 0, 1, 12);
    const ids: number[] = [];
    for (let day = 0; day < 24; day++) {
      const now = new Date(start + day * DAY_MS);
      await partitions.prepare(now);
      ids.push(await measureOn(now));
      await partitions.dropBefore(new Date(now.getTime() - KEPT_DAYS * DAY_MS), now);
    }
    const kept = KEPT_DAYS + 2;
    expect(await counts()).toEqual({ results: kept * 40, batches: kept, publications: kept, tables: kept + 1 });
    expect(await batches.measurementsOf(ids[0])).toEqual([]);
    expect(await batches.measurementsOf(ids[23])).toHaveLength(40);

    // An open measurement keeps its partition.
    const late = new Date(start + 25 * DAY_MS);
    await partitions.prepare(late);
    await batches.accept(user, [{ source: '1.0.0.1', destination: '1.0.1.1', label: '', options: {} }], late);
    const muchLater = new Date(start + 40 * DAY_MS);
    await partitions.prepare(muchLater);
    await partitions.dropBefore(new Date(muchLater.getTime() + DAY_MS), muchLater);
    expect(await counts()).toMatchObject({ results: 0, tables: 3 });
    expect(await jobs.lease('a', 1, muchLater, muchLater)).toHaveLength(1);
  } finally {
    await database.close();
  }
});
