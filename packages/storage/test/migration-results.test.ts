import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledPrograms } from '../src/embedded/compiled-programs.ts';
import { PgliteConnection } from '../src/embedded/pglite-connection.ts';
import { PglitePool } from '../src/embedded/pglite-pool.ts';
import { Batches, Jobs, JsonResults, Publications, WatchHistory } from '../src/index.ts';
import { MIGRATIONS } from '../src/migrations/index.ts';
import type { Schema } from '../src/schema/schema.ts';
import { labelled } from './labelled.ts';

const HOPS = [{ address: '1.0.1.1', asn: 7 }];

describe('the migration of results', () => {
  let db: Kysely<Schema>;
  const migrate = async (names: (name: string) => boolean): Promise<void> => {
    const some: Record<string, Migration> = Object.fromEntries(
      Object.entries(MIGRATIONS).filter(([name]) => names(name)),
    );
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => some } }).migrateToLatest();
    expect(error).toBeUndefined();
  };

  beforeAll(async () => {
    db = new Kysely<Schema>({
      dialect: new PostgresDialect({
        pool: new PglitePool(new PgliteConnection({ programs: await compiledPrograms() })),
      }),
    });
    await migrate((name) => name < '0025');
    await sql`insert into users (name, email, role, max_per_day, max_parallel, max_per_minute)
              values ('U', 'u@x', 'user', 100, 100, 100)`.execute(db);
    await sql`insert into batches (user_id, size, watch_id) values (1, 4, null), (1, 2, null), (1, 1, 5)`.execute(db);
    const result = (n: number): string => JSON.stringify({ stopReason: 'reaches', n, hops: HOPS });
    const add = (batch: number, position: number, state: string): Promise<unknown> =>
      sql`
      insert into measurements (batch_id, user_id, position, source, destination, label, options, state, lease_owner, lease_until, ended_at, result)
      values (${batch}, 1, ${position}, '1.0.0.1', '200.0.1.1', 'old', '{"a":1}', ${state},
        ${state === 'running' ? 'me' : null}, ${state === 'running' ? 'now' : null}::timestamptz,
        ${state === 'done' ? 'now' : null}::timestamptz, ${state === 'done' ? result(position) : null}::json)`.execute(
        db,
      );
    for (const [batch, position, state] of [
      ...([
        [1, 0, 'done'],
        [1, 1, 'running'],
        [2, 0, 'done'],
        [1, 2, 'done'],
      ] as const),
      ...([
        [2, 1, 'done'],
        [1, 3, 'queued'],
        [3, 0, 'done'],
      ] as const),
    ])
      await add(batch, position, state);
    await sql`insert into publications (measurement_id, token, published_at) values (3, 't', now())`.execute(db);
    await migrate(() => true);
  });
  afterAll(() => db.destroy());

  /** Everything that readers see of the results of the earlier version. */
  const seen = async () => {
    const batches = new Batches(db);
    return {
      batch: await batches.measurementsOf(2),
      outlines: await batches.outlinesOf(1, { limit: 10, after: 0 }),
      one: await batches.findMeasurement(4),
      labelled: (await labelled(db, 1, 'old', { after: 1 })).map(({ id, state }) => [id, state]),
      done: [
        await batches.countDone(1),
        await batches.countDone(2),
        (await batches.latestOf(1)).map(({ done }) => done),
      ],
      ended: (await batches.endedIn(1)).sort(),
      published: await new Publications(db).measurementBy('t'),
      recent: (await new Publications(db).recentOf(1, 10)).map(({ id, asns }) => [id, asns]),
    };
  };

  it('keeps results readable, before they are converted and after', async () => {
    const before = await seen();
    expect(before.batch).toMatchObject(
      [0, 1].map((n) => ({ state: 'done', destination: '200.0.1.1', result: { n }, options: { a: 1 }, label: 'old' })),
    );
    expect(before).toMatchObject({
      one: { id: 4, result: { n: 2 } },
      done: [2, 2, [2, 2]],
      ended: [1, 4],
      published: { id: 3, result: { stopReason: 'reaches', n: 0, hops: HOPS } },
    });
    expect(before.outlines.map(({ state }) => state)).toEqual(['done', 'running', 'done', 'queued']);
    const converter = new JsonResults(db);
    expect(await converter.convert(2)).toBe(2);
    expect(await seen()).toEqual(before);
    expect([await converter.convert(100), await converter.convert(100)]).toEqual([3, 0]);
    expect(await seen()).toEqual(before);
    expect((await sql`select stop_reason, networks from results where id = 4`.execute(db)).rows).toEqual([
      { stop_reason: 1, networks: [7] },
    ]);
  });

  it('lets what was open end, and what watches measured be deleted', async () => {
    const now = new Date(Date.now() + 60_000);
    const jobs = new Jobs(db);
    const leased = await jobs.lease('me', 10, now, new Date(now.getTime() + 60_000));
    expect(leased.map(({ id }) => id).sort()).toEqual([2, 6]);
    const finished = leased.map(({ id }) => ({ id, result: { stopReason: 'failed', hops: [] } }));
    expect(await jobs.finish('me', finished, now)).toHaveLength(2);
    const rows = await new Batches(db).measurementsOf(1);
    expect(rows.map(({ id, state }) => [id, state])).toEqual([1, 2, 4, 6].map((id) => [id, 'done']));
    await new WatchHistory(db).deleteBefore(now);
    expect(await new Batches(db).findMeasurement(7)).toBeUndefined();
    expect((await new Batches(db).measurementsOf(2)).map(({ id }) => id)).toEqual([3, 5]);
  });
});
