import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Atlases, type Database, Leases, openDatabase, parseDatabaseSettings, StorageError } from '../src/index.ts';
import { withLease } from '../src/queries/leases.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const LONG_MS = 600_000;
const [SOURCE, OTHER] = ['192.0.2.1', '192.0.2.2'];
const [LEASE, OTHER_LEASE] = [`source/${SOURCE}`, `source/${OTHER}`];

describe.skipIf(findPostgres() === undefined)('a lease whose owner changes what it protects', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let database: Database;
  let leases: Leases;
  beforeAll(async () => {
    server = await startPostgres();
    database = await openDatabase(parseDatabaseSettings(server.url));
    leases = new Leases(database.db);
  });
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    await database.db.deleteFrom('leases').execute();
    await leases.acquire('a', [LEASE], LONG_MS);
  });

  /** What must go on in the end, whatever a test has found. */
  const pauses: (() => void)[] = [];
  afterEach(() => {
    for (const end of pauses.splice(0)) end();
  });
  const pause = (): PromiseWithResolvers<void> => {
    const paused = Promise.withResolvers<void>();
    pauses.push(paused.resolve);
    return paused;
  };

  const endNow = () => leases.release('a', [{ name: LEASE, token: 1 }]);
  /** The owner is suspended while it changes the atlas of its source. */
  const suspended = async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = pause();
    const changed = withLease(database.db, { name: LEASE, owner: 'a' }, async (db) => {
      begun.resolve();
      await goOn.promise;
      await sql`select 1`.execute(db);
    });
    changed.catch(() => undefined);
    await begun.promise;
    return { changed, goOn: () => goOn.resolve() };
  };

  it('does not keep others from taking further leases, old and new ones', async () => {
    await leases.acquire('dead', [OTHER_LEASE], 0);
    const { changed, goOn } = await suspended();
    await endNow();
    // An acquisition that waits for the suspended process never ends.
    expect(await leases.acquire('b', [LEASE, OTHER_LEASE, 'source/192.0.2.3'], LONG_MS)).toEqual([
      { name: OTHER_LEASE, token: 2 },
      { name: 'source/192.0.2.3', token: 1 },
    ]);
    goOn();
    expect(await changed).toBe(true);
    expect(await leases.acquire('b', [LEASE], LONG_MS)).toEqual([{ name: LEASE, token: 2 }]);
  });

  it('is renewed while a long change is under way', async () => {
    const lock = pause();
    const locked = Promise.withResolvers<void>();
    const locking = database.db.transaction().execute(async (db) => {
      await sql`lock table atlas_traceroutes in exclusive mode`.execute(db);
      locked.resolve();
      await lock.promise;
    });
    await locked.promise;
    const path = { id: 1, platform: 'vantagePoint', probe: null, origin: OTHER, measuredAt: new Date(), hops: [] };
    const atlases = new Atlases(database.db);
    const changing = atlases.change(
      new Map([[SOURCE, { paths: [path], removed: [], tails: [], unusedHops: [] }]]),
      'a',
    );
    const waiting = () => sql`select from pg_locks where not granted`.execute(database.db);
    await expect.poll(async () => (await waiting()).rows.length).toBe(1);
    // A renewal that waits for the change never ends.
    expect(await leases.renew('a', LONG_MS)).toEqual([{ name: LEASE, token: 1 }]);
    lock.resolve();
    await Promise.all([locking, changing]);
    expect((await atlases.of(SOURCE)).paths).toHaveLength(1);
  });

  it('is free soon after it has ended, although its owner is still suspended, which then changes nothing', async () => {
    const { changed, goOn } = await suspended();
    await endNow();
    await expect
      .poll(() => leases.acquire('b', [LEASE], LONG_MS), { timeout: 20_000, interval: 200 })
      .toEqual([{ name: LEASE, token: 2 }]);
    goOn();
    await expect(changed).rejects.toThrow(StorageError);
    expect(await withLease(database.db, { name: LEASE, owner: 'a' }, async () => undefined)).toBe(false);
  }, 30_000);
});
