import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  Agents,
  AgentTests,
  Applications,
  Atlases,
  AtlasRuns,
  Batches,
  type Database,
  type DatabaseSettings,
  Jobs,
  Mails,
  OptOuts,
  openDatabase,
  type User,
  Users,
} from '../src/index.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

/** What every database must do, run on each of them. */
function conformance(name: string, start: () => Promise<{ settings: DatabaseSettings; stop(): Promise<void> }>): void {
  describe(name, () => {
    let server: { settings: DatabaseSettings; stop(): Promise<void> };
    let database: Database;
    let emails = 0;
    const now = new Date('2026-01-01T12:00:00Z');
    const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    const newUser = (limits: Partial<User> = {}): Promise<User> =>
      new Users(database.db).ensure({
        name: 'Test',
        email: `user${emails++}@example.org`,
        role: 'user',
        max_per_day: 1000,
        max_parallel: 1000,
        max_per_minute: 1000,
        ...limits,
      });
    const measurements = (count: number, label = '') =>
      Array.from({ length: count }, (_, i) => ({
        source: '1.0.0.1',
        destination: `1.0.1.${i}`,
        label,
        options: { n: i },
      }));
    const accept = async (user: User, count: number, label?: string): Promise<number> => {
      const accepted = await new Batches(database.db).accept(user, measurements(count, label), now);
      if (!('id' in accepted)) throw new Error(`refused: ${accepted.limit}`);
      return accepted.id;
    };

    beforeAll(async () => {
      server = await start();
      database = await openDatabase(server.settings);
    });
    afterAll(async () => {
      await database.close();
      await server.stop();
    });

    afterEach(async () => {
      await database.db.deleteFrom('measurements').execute();
    });

    it('finds users by key, and never stores the key', async () => {
      const users = new Users(database.db);
      const user = await newUser();
      const key = await users.issueKey(user.id);
      expect((await users.findByKey(key))?.id).toBe(user.id);
      expect(await users.findByKey(`${key}x`)).toBeUndefined();
      const rows = await database.db.selectFrom('api_keys').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain(key);
    });

    it('keeps one row an agent, with what it has proved', async () => {
      const agents = new Agents(database.db);
      const agent = { address: '1.2.3.4', kind: 'source', site: 's', user_id: null, state: 'expected' } as const;
      await agents.put({ ...agent, hostname: 'a' });
      await agents.change('1.2.3.4', { certificate_serial: 'C0FFEE' });
      expect(await agents.readySources()).toEqual([]);
      await agents.put({ ...agent, hostname: 'b', state: 'ready' });
      expect(await agents.readySources()).toMatchObject([{ hostname: 'b', certificate_serial: 'C0FFEE' }]);
      expect(await agents.change('9.9.9.9', { state: 'ready' })).toBeUndefined();
    });

    it('keeps the tests of an agent, newest first', async () => {
      const agents = new Agents(database.db);
      await agents.put({
        address: '1.2.3.5',
        kind: 'vantagePoint',
        hostname: 'v',
        site: 's',
        user_id: null,
        state: 'expected',
      });
      const tests = new AgentTests(database.db);
      for (const verdict of ['failed', 'passed'] as const)
        await tests.add({
          address: '1.2.3.5',
          tested_at: new Date(),
          cause: 'connected',
          verdict,
          report: { verdict },
        });
      expect(await tests.of('1.2.3.5', 10)).toMatchObject([{ report: { verdict: 'passed' } }, { verdict: 'failed' }]);
    });

    it('takes one pending application an address, and decides it once', async () => {
      const applications = new Applications(database.db);
      const application = { address: '5.5.5.5', hosting: 'h', name: 'n', email: 'e@x', reason: 'r' };
      const added = await applications.add(application);
      expect(await applications.add(application)).toBeUndefined();
      const { id: by } = await newUser();
      const decision = { state: 'approved', note: '', by, at: new Date() } as const;
      expect(await applications.decide(added?.id ?? 0, decision)).toMatchObject({ state: 'approved' });
      expect(await applications.decide(added?.id ?? 0, decision)).toBeUndefined();
      expect(await applications.list('pending')).toEqual([]);
      expect(await applications.add(application)).toBeDefined();
    });

    it('blots out the secret of a mail that is sent, and sends failed ones later', async () => {
      const mails = new Mails(database.db);
      const now = new Date();
      await mails.add({ recipient: 'a@x', subject: 's', body: 'the key is hush', secret: 'hush' }, now);
      const [{ id }] = await mails.due(now, 10);
      await mails.failed(id, 'no server', new Date(now.getTime() + 60_000));
      expect(await mails.due(now, 10)).toEqual([]);
      await mails.sent(id, now);
      expect(await mails.list(10)).toMatchObject([{ body: 'the key is [sent]', secret: null, attempts: 2 }]);
    });

    it('keeps an atlas, change by change', async () => {
      const atlases = new Atlases(database.db);
      const measuredAt = new Date('2026-01-01T00:00:00.123Z');
      const path = (id: number) => ({
        id,
        platform: 'ripeAtlas',
        probe: id,
        origin: '1.1.1.1',
        measuredAt,
        hops: ['1.1.1.1', null, '2.2.2.2'],
      });
      const tail = (stamp: string) => ({ target: '1.1.1.1', sender: '4.4.4.4', measuredAt, stamps: [stamp] });
      const paths = Array.from({ length: 4_500 }, (_, i) => path(i));
      await atlases.change('2.2.2.2', { paths, removed: [], tails: [tail('3.3.3.3')] });
      await atlases.change('9.9.9.9', { paths: [{ ...path(7), probe: null }], removed: [], tails: [] });
      expect((await atlases.of('2.2.2.2')).paths).toHaveLength(4_500);
      const removed = paths.slice(1).map(({ id }) => id);
      await atlases.change('2.2.2.2', { paths: [path(9_000)], removed, tails: [tail('5.5.5.5')] });
      expect(await atlases.of('2.2.2.2')).toEqual({ paths: [path(0), path(9_000)], tails: [tail('5.5.5.5')] });
      await atlases.clear('2.2.2.2');
      expect(await atlases.of('2.2.2.2')).toEqual({ paths: [], tails: [] });
      expect((await atlases.of('9.9.9.9')).paths).toEqual([{ ...path(7), probe: null }]);
    });

    it('keeps alias evidence, the latest of each pair', async () => {
      const atlases = new Atlases(database.db);
      const evidence = (count: number, seconds: number) => ({
        first: '1.1.1.1',
        second: '2.2.2.2',
        kind: 'linkEnd',
        lastSeen: later(seconds),
        count,
      });
      await atlases.putEvidence([evidence(1, 0), { ...evidence(5, 9), kind: 'doubleStamp' }]);
      await atlases.putEvidence([evidence(2, 4)]);
      expect(await atlases.evidence()).toEqual([evidence(2, 4), { ...evidence(5, 9), kind: 'doubleStamp' }]);
    });

    it('keeps runs of atlases: open ones, those of a source, and who has paid', async () => {
      const runs = new AtlasRuns(database.db);
      const run = (source: string, cause: string, payer: string, startedAt: Date) =>
        runs.add({
          source,
          user_id: null,
          cause,
          payer,
          state: 'running',
          details: JSON.stringify({ probes: [1, 2] }),
          estimated_credits: 600,
          reason: null,
          started_at: startedAt,
          ended_at: null,
        });
      const first = await run('2.2.2.2', 'new', 'system', now);
      const second = await run('2.2.2.2', 'refresh', 'system', later(60));
      await run('9.9.9.9', 'refresh', 'system', later(60));
      expect(first.details).toEqual({ probes: [1, 2] });
      expect((await runs.open()).map(({ id }) => id)).toContain(first.id);
      expect(await runs.systemHasPaid('2.2.2.2')).toBe(false);
      await runs.change(first.id, { state: 'done', spent_credits: 540, ended_at: later(30) });
      expect(await runs.systemHasPaid('2.2.2.2')).toBe(true);
      expect(await runs.systemHasPaid('9.9.9.9')).toBe(false);
      expect((await runs.of('2.2.2.2', 5)).map(({ id }) => id)).toEqual([second.id, first.id]);
      expect((await runs.open()).map(({ id }) => id)).not.toContain(first.id);
      expect(await runs.refreshCreditsSince(later(30))).toBe(1_200);
      await runs.change(second.id, { state: 'done', spent_credits: 60 });
      expect(await runs.refreshCreditsSince(later(30))).toBe(660);
      expect(await runs.refreshCreditsSince(later(90))).toBe(0);
    });

    it('keeps those who want no probes', async () => {
      const optOuts = new OptOuts(database.db);
      await optOuts.put('192.0.2.0/24', 'asked by mail');
      expect(await optOuts.list()).toMatchObject([{ prefix: '192.0.2.0/24' }]);
      expect(await optOuts.remove('192.0.2.0/24')).toBe(true);
      expect(await optOuts.remove('192.0.2.0/24')).toBe(false);
    });

    it('gives a batch back in order, with options and label', async () => {
      const user = await newUser();
      const id = await accept(user, 12, 'mine');
      const rows = await new Batches(database.db).measurementsOf(id);
      expect(rows.map(({ destination }) => destination)).toEqual(
        measurements(12).map(({ destination }) => destination),
      );
      expect(rows[3].options).toEqual({ n: 3 });
      expect(await new Batches(database.db).labelled(user.id, 'mine')).toHaveLength(12);
      expect(await new Batches(database.db).labelled((await newUser()).id, 'mine')).toHaveLength(0);
    });

    it('keeps the three limits apart, even against requests at the same moment', async () => {
      const batches = new Batches(database.db);
      const refused = async (user: User) => batches.accept(user, measurements(3), now);
      expect(await refused(await newUser({ max_per_day: 2 }))).toMatchObject({
        limit: 'perDay',
        allowed: 2,
        used: 0,
        retryAfterSeconds: 43_200,
      });
      expect(await refused(await newUser({ max_parallel: 2 }))).toMatchObject({ limit: 'parallel' });
      expect(await refused(await newUser({ max_per_minute: 2 }))).toMatchObject({ limit: 'perMinute' });
      const user = await newUser({ max_parallel: 5 });
      const answers = await Promise.all(Array.from({ length: 5 }, () => batches.accept(user, measurements(2), now)));
      expect(answers.filter((answer) => 'id' in answer)).toHaveLength(2);
    });

    it('lends each job once, small batches between the jobs of large ones', async () => {
      const big = await accept(await newUser(), 50);
      const small = await accept(await newUser(), 2);
      const jobs = new Jobs(database.db);
      const [first, second] = await Promise.all([
        jobs.lease('a', 26, now, later(30)),
        jobs.lease('b', 26, now, later(30)),
      ]);
      const ids = [...first, ...second].map(({ id }) => id);
      expect(new Set(ids).size).toBe(52);
      expect([...first, ...second].filter(({ batchId }) => batchId === big)).toHaveLength(50);
      const early = await new Batches(database.db).measurementsOf(small);
      const lentEarly = new Set([...first, ...second].sort((a, b) => a.id - b.id).map(({ id }) => id));
      expect(early.every(({ id }) => lentEarly.has(id))).toBe(true);
      expect(await jobs.lease('c', 10, now, later(30))).toEqual([]);
    });

    it('takes the first of every batch before the second of any', async () => {
      const big = await accept(await newUser(), 20);
      const small = await accept(await newUser(), 1);
      const lent = await new Jobs(database.db).lease('a', 2, now, later(30));
      expect(lent.map(({ batchId }) => batchId).sort()).toEqual([big, small].sort());
    });

    it('lends again what a dead borrower had, and takes a result only from the holder', async () => {
      const batch = await accept(await newUser(), 3);
      const jobs = new Jobs(database.db);
      const lost = await jobs.lease('dead', 10, now, later(30));
      expect(await jobs.lease('alive', 10, later(29), later(60))).toEqual([]);
      await jobs.renew('dead', later(40));
      expect(await jobs.lease('alive', 10, later(31), later(60))).toEqual([]);
      const again = await jobs.lease('alive', 10, later(41), later(80));
      expect(again.map(({ id }) => id).sort()).toEqual(lost.map(({ id }) => id).sort());
      expect(
        await jobs.finish(
          'dead',
          lost.map(({ id }) => ({ id, result: 'stale' })),
          later(42),
        ),
      ).toEqual([]);
      expect(
        await jobs.finish(
          'alive',
          again.map(({ id }) => ({ id, result: { ok: true } })),
          later(43),
        ),
      ).toHaveLength(3);
      expect(await new Batches(database.db).endedIn(batch)).toHaveLength(3);
      expect((await new Batches(database.db).measurementsOf(batch))[0].result).toEqual({ ok: true });
    });

    it('gives work back at a clean stop', async () => {
      await accept(await newUser(), 2);
      const jobs = new Jobs(database.db);
      expect(await jobs.lease('a', 10, now, later(30))).toHaveLength(2);
      await jobs.release('a');
      expect(await jobs.lease('b', 10, now, later(30))).toHaveLength(2);
    });

    it('stores labels as text, whatever they say', async () => {
      const user = await newUser();
      const label = `'; drop table measurements; --`;
      await accept(user, 1, label);
      expect(await new Batches(database.db).labelled(user.id, label)).toHaveLength(1);
    });
  });
}

conformance('embedded database', async () => ({ settings: { kind: 'memory' }, stop: async () => undefined }));

if (findPostgres() === undefined && process.env.CI === undefined) {
  process.stderr.write('PostgreSQL is not installed: its conformance suite is left out\n');
} else {
  conformance('PostgreSQL', async () => {
    const server = await startPostgres();
    return { settings: { kind: 'postgres', url: server.url }, stop: () => server.stop() };
  });
}
