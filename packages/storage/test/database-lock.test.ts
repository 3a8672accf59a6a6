import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseLock, type LockedDatabase, lockHolder, StorageError } from '../src/index.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';
import { SilentRelay } from './silent-relay.ts';

describe.skipIf(findPostgres() === undefined)('DatabaseLock', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let relay: SilentRelay;
  let relayed: string;
  let administration: pg.Client;
  const taken: DatabaseLock[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    const url = new URL(server.url);
    relay = new SilentRelay(Number(url.port));
    url.port = String(await relay.listen());
    relayed = url.href;
    administration = new pg.Client(server.url);
    await administration.connect();
  });
  afterEach(async () => void (await Promise.all(taken.splice(0).map((lock) => lock.release()))));
  afterAll(async () => {
    await administration.end();
    relay.close();
    await server.stop();
  });

  async function take(options: Partial<LockedDatabase>): Promise<DatabaseLock | undefined> {
    const lock = await DatabaseLock.tryTake({ url: server.url, isShared: false, holder: lockHolder(), ...options });
    if (lock !== undefined) taken.push(lock);
    return lock;
  }

  it('excludes those that do not share it, until it is released', async () => {
    const lock = await take({});
    expect(await take({})).toBeUndefined();
    expect(await take({ isShared: true })).toBeUndefined();
    await lock?.release();
    expect(lock?.ended.aborted).toBe(true);
    await expect.poll(() => take({ isShared: true })).toBeDefined();
    expect(await take({ isShared: true })).toBeDefined();
    expect(await take({})).toBeUndefined();
  });

  it('belongs to one database of the server', async () => {
    await administration.query('create database other');
    await expect.poll(() => take({})).toBeDefined();
    expect(await take({ url: server.url.replace(/postgres$/, 'other') })).toBeDefined();
  });

  it('keeps no old rows from being removed', async () => {
    await expect.poll(() => take({})).toBeDefined();
    const { rows } = await administration.query(
      "select backend_xmin, backend_xid, state from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and objid = 0",
    );
    expect(rows).toEqual([{ backend_xmin: null, backend_xid: null, state: 'idle in transaction' }]);
  });

  it('ends when the server does not answer any more, and the same process can take it again at once', async () => {
    const holder = lockHolder();
    await expect.poll(() => take({ url: relayed, holder, lookMs: 500 })).toBeDefined();
    const [lost] = taken;
    relay.silence();
    await expect.poll(() => lost.ended.aborted, { timeout: 10_000 }).toBe(true);
    expect(await take({})).toBeUndefined();
    expect(await take({ holder })).toBeDefined();
  }, 30_000);

  it('has no lock on a table after a session of the same holder was ended for it', async () => {
    const holder = lockHolder();
    await expect.poll(() => take({ holder })).toBeDefined();
    expect(await take({ holder })).toBeDefined();
    const { rows } = await administration.query(`
      select application_name, array_agg(distinct locktype) as types from pg_locks join pg_stat_activity using (pid)
      where pid in (select pid from pg_locks where locktype = 'advisory' and objid = ${holder}) group by pid, application_name`);
    expect(rows).toEqual([
      { application_name: 'revtr-controller lock', types: expect.arrayContaining(['advisory', 'virtualxid']) },
    ]);
    expect(rows[0]?.types).not.toContain('relation');
  });

  it('is given back although the server does not answer', async () => {
    await expect.poll(() => take({ url: relayed })).toBeDefined();
    const [lock] = taken.splice(0);
    relay.silence();
    await lock.release();
    expect(lock.ended.aborted).toBe(true);
    await administration.query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'revtr-controller lock'",
    );
  });

  it('says who excludes a process', async () => {
    const holder = lockHolder();
    const holders = (isShared: boolean, asked = lockHolder()) =>
      DatabaseLock.holders({ url: server.url, isShared, holder: asked });
    expect(await holders(false)).toEqual({ own: [], others: [] });
    await expect.poll(() => take({ isShared: true, holder })).toBeDefined();
    expect(await holders(true)).toEqual({ own: [], others: [] });
    expect(await holders(false)).toEqual({ own: [], others: [expect.any(Number)] });
    expect(await holders(false, holder)).toEqual({ own: [expect.any(Number)], others: [] });
  });

  it('cannot be taken on a standby', async () => {
    const standby = await startPostgres({ standbyOf: server.url });
    try {
      await expect(take({ url: standby.url })).rejects.toMatchObject({
        code: 'queryFailed',
        details: { sqlState: '0A000' },
      });
    } finally {
      await standby.stop();
    }
  });

  it('says that the server cannot be reached', async () => {
    await expect(take({ url: 'postgres://revtr@127.0.0.1:1/revtr' })).rejects.toThrow(StorageError);
  });
});
