import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  AbuseContacts,
  Agents,
  AgentTests,
  ApiKeys,
  Applications,
  ArchiveRecords,
  Atlases,
  AtlasRuns,
  AuditBlocks,
  AuditEventRecords,
  Batches,
  type Database,
  type DatabaseSettings,
  databaseTime,
  generateApiKey,
  generateToken,
  hashApiKey,
  hashToken,
  ImportedResults,
  Jobs,
  Leases,
  Mails,
  type NewAuditBlock,
  OneTimeTokens,
  OptOutRequests,
  OptOuts,
  openDatabase,
  RankingRecords,
  ResultPartitions,
  type Schema,
  StorageError,
  type User,
  Users,
  Watches,
  WatchHistory,
  WatchRuns,
} from '../src/index.ts';
import { labelled } from './labelled.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const codeOf = async (query: () => Promise<unknown>): Promise<string> => {
  try {
    await query();
    return 'no error';
  } catch (error) {
    return error instanceof StorageError ? error.code : String(error);
  }
};

/** The behaviour that every database must have. */
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
      if (!('id' in accepted)) throw new Error(`refused: ${JSON.stringify(accepted)}`);
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
      await database.db.deleteFrom('results').execute();
    });

    it('tells the time of its clock', async () => {
      const before = Date.now();
      const time = await databaseTime(database.db);
      expect(time).toBeGreaterThanOrEqual(before - 1);
      expect(time).toBeLessThanOrEqual(Date.now() + 1);
    });

    it('stores what several processes have learned about the same vantage points, in whatever order they name them', async () => {
      const ranking = new RankingRecords(database.db);
      const record = (key: number, at: Date) => {
        return { level: 'prefix', key, sender: '1.0.0.1', distance: 1, count: 1, at, ingresses: [] };
      };
      const keys = Array.from({ length: 5_000 }, (_, i) => i);
      for (let i = 0; i < 3; i++) {
        const records = keys.map((key) => record(key, later(i)));
        await Promise.all([ranking.put(records), ranking.put(records.toReversed())]);
      }
      expect(await ranking.latest()).toHaveLength(keys.length);
      await database.db.deleteFrom('ranking_records').execute();
    });

    it('stores what several processes have seen of the same aliases, in whatever order they name them', async () => {
      const atlases = new Atlases(database.db);
      const seen = (i: number, lastSeen: Date) => {
        return { first: '1.0.0.1', second: `1.1.${i >> 8}.${i & 255}`, kind: 'reply', lastSeen, count: 1 };
      };
      const numbers = Array.from({ length: 2_000 }, (_, i) => i);
      for (let i = 0; i < 3; i++) {
        const evidence = numbers.map((number) => seen(number, later(i)));
        await Promise.all([atlases.putEvidence(evidence), atlases.putEvidence(evidence.toReversed())]);
      }
      expect(await atlases.evidence()).toHaveLength(numbers.length);
      await database.db.deleteFrom('alias_evidence').execute();
    });

    it('finds a user by the hash of a key', async () => {
      const users = new Users(database.db);
      const user = await newUser();
      const key = generateApiKey();
      await users.addKey(user.id, hashApiKey(key));
      const keys = new ApiKeys(database.db);
      expect((await keys.findValid(hashApiKey(key), now))?.user.id).toBe(user.id);
      expect(await keys.findValid(hashApiKey(`${key}x`), now)).toBeUndefined();
    });

    it('never passes any part of a key to the database', async () => {
      const key = generateApiKey();
      const statements: string[] = [];
      const watched = database.db.withPlugin({
        transformQuery: ({ node }) => {
          statements.push(JSON.stringify(node));
          return node;
        },
        transformResult: async ({ result }) => result,
      });
      const [users, keys, tokens] = [new Users(watched), new ApiKeys(watched), new OneTimeTokens(watched)];
      const user = await newUser();
      await users.addKey(user.id, hashApiKey(key));
      await keys.findValid(hashApiKey(key), now);
      const token = generateToken();
      const mailed = { purpose: 'logIn', user_id: user.id, application_id: null, email: 'e', name: '' } as const;
      await tokens.arm(await tokens.add({ ...mailed, lifetime_seconds: 60 }, now), hashToken(token), now);
      await tokens.redeem(hashToken(token), now);
      const rows = await database.db.selectFrom('api_keys').selectAll().execute();
      const seen = statements.join() + JSON.stringify(rows);
      expect(statements.length).toBeGreaterThan(1);
      expect(seen).toContain(hashApiKey(key).hash);
      expect(seen).toContain(hashToken(token));
      expect(seen).not.toContain(key.slice(0, 10));
      expect(seen).not.toContain(token.slice(0, 10));
      for (const hash of [key, '', 'A'.repeat(64), 'a'.repeat(63)]) {
        const clear = { hash, fingerprint: '' };
        expect(await codeOf(() => users.addKey(user.id, clear))).toBe('badKeyHash');
        expect(await codeOf(() => keys.findValid(clear, now))).toBe('badKeyHash');
      }
    });

    it('stores one row per agent and keeps its certificate when it is put again', async () => {
      const agents = new Agents(database.db);
      const agent = { address: '1.2.3.4', kind: 'source', site: 's', user_id: null, state: 'expected' } as const;
      await agents.put({ ...agent, hostname: 'a' });
      await agents.change('1.2.3.4', { certificate_serial: 'C0FFEE' });
      expect(await agents.readySources()).toEqual([]);
      await agents.put({ ...agent, hostname: 'b', state: 'ready' });
      expect(await agents.readySources()).toMatchObject([{ hostname: 'b', certificate_serial: 'C0FFEE' }]);
      expect(await agents.change('9.9.9.9', { state: 'ready' })).toBeUndefined();
    });

    it('lists the tests of an agent, newest first', async () => {
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

    it('stores one pending application per address and decides it once', async () => {
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

    it('notes that a mail was sent and delays a mail that failed', async () => {
      const mails = new Mails(database.db);
      const now = new Date();
      await mails.add({ recipient: 'a@x', subject: 's', body: 'b' }, now);
      const [{ id }] = await mails.due(now, 10);
      await mails.failed(id, 'no server', new Date(now.getTime() + 60_000));
      expect(await mails.due(now, 10)).toEqual([]);
      await mails.sent(id, now);
      expect(await mails.list(10)).toMatchObject([{ body: 'b', sent_at: now, attempts: 2 }]);
    });

    it('applies changes to an atlas', async () => {
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
      await atlases.change(
        new Map([
          [
            '2.2.2.2',
            { paths, removed: [], tails: [tail('3.3.3.3'), { ...tail('3.3.3.3'), target: '6.6.6.6' }], unusedHops: [] },
          ],
          ['9.9.9.9', { paths: [{ ...path(7), probe: null }], removed: [], tails: [], unusedHops: [] }],
        ]),
      );
      expect((await atlases.of('2.2.2.2')).paths).toHaveLength(4_500);
      const removed = paths.slice(1).map(({ id }) => id);
      const unusedHops = ['1.1.1.1', '6.6.6.6'];
      const change = { paths: [path(9_000)], removed, tails: [tail('5.5.5.5')], unusedHops };
      await atlases.change(new Map([['2.2.2.2', change]]));
      expect(await atlases.of('2.2.2.2')).toEqual({ paths: [path(0), path(9_000)], tails: [tail('5.5.5.5')] });
      await atlases.clear('2.2.2.2');
      expect(await atlases.of('2.2.2.2')).toEqual({ paths: [], tails: [] });
      expect((await atlases.of('9.9.9.9')).paths).toEqual([{ ...path(7), probe: null }]);
    });

    it('keeps the latest alias evidence of each pair and kind', async () => {
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

    describe('with audit blocks', () => {
      const block = (parts: Partial<NewAuditBlock> = {}): NewAuditBlock => ({
        level: 0,
        from: now,
        to: later(10),
        targets: { first: 0x80000000, last: 0xffffffff },
        measurements: { first: 5, last: 9 },
        batches: undefined,
        records: 3,
        data: Uint8Array.from([0, 1, 127, 128, 255]),
        ...parts,
      });
      const all = { from: new Date(0), to: later(1e6) };
      afterEach(async () => {
        await database.db.deleteFrom('audit_blocks').execute();
      });

      it('lists the newest block first, and reads the bytes that were stored', async () => {
        const blocks = new AuditBlocks(database.db);
        await blocks.add([]);
        await blocks.add(Array.from({ length: 450 }, (_, i) => block({ to: later(i % 3) })));
        const listed = await blocks.list(all, 10_000);
        const newestFirst = listed.toSorted((a, b) => b.to.getTime() - a.to.getTime() || b.id - a.id);
        expect(listed).toEqual(newestFirst);
        expect(new Set(listed.map(({ id }) => id)).size).toBe(450);
        expect(await blocks.list(all, 100)).toEqual(listed.slice(0, 100));
        const ids = listed.slice(0, 3).map(({ id }) => id);
        const read = await blocks.read([...ids, 1_000_000]);
        expect(read.map(({ id }) => id).sort()).toEqual(ids.toSorted());
        for (const { data } of read) expect([...data]).toEqual([0, 1, 127, 128, 255]);
        expect(await blocks.read([])).toEqual([]);
      });

      it('returns the blocks that overlap every part of a query', async () => {
        const blocks = new AuditBlocks(database.db);
        await blocks.add([
          block(),
          block({ targets: { first: 1, last: 9 }, measurements: undefined, batches: { first: 2, last: 2 } }),
          block({ from: later(100), to: later(200) }),
        ]);
        const count = async (query: object): Promise<number> => (await blocks.list({ ...all, ...query }, 10)).length;
        expect(await count({})).toBe(3);
        expect(await count({ targets: { first: 9, last: 10 } })).toBe(1);
        expect(await count({ targets: { first: 10, last: 20 } })).toBe(0);
        expect(await count({ targets: { first: 0xffffffff, last: 0xffffffff } })).toBe(2);
        expect(await count({ measurement: 9 })).toBe(2);
        expect(await count({ measurement: 10 })).toBe(0);
        expect(await count({ batch: 2 })).toBe(1);
        expect(await count({ from: later(10), to: later(99) })).toBe(2);
        expect(await count({ from: later(11), to: later(99) })).toBe(0);
      });

      it('replaces blocks at once, and nothing when one of them is missing', async () => {
        const blocks = new AuditBlocks(database.db);
        await blocks.add([block(), block(), block({ level: 1 })]);
        expect(await blocks.small()).toEqual({ blocks: 2, records: 6 });
        const ids = (await blocks.oldestSmall(10)).map(({ id }) => id);
        expect(await blocks.replace([...ids, 1_000_000], [block()])).toBe(false);
        expect(await blocks.list(all, 10)).toHaveLength(3);
        expect(await blocks.replace(ids, [block({ level: 1, records: 6 })])).toBe(true);
        expect(await blocks.small()).toEqual({ blocks: 0, records: 0 });
        expect(await blocks.list(all, 10)).toHaveLength(2);
      });

      it('deletes old blocks and excludes blocks from merging', async () => {
        const blocks = new AuditBlocks(database.db);
        await blocks.add([block(), block({ to: later(20) })]);
        await blocks.setAside((await blocks.oldestSmall(1)).map(({ id }) => id));
        expect((await blocks.small()).blocks).toBe(1);
        expect(await blocks.deleteBefore(later(11))).toBe(1);
        expect(await blocks.list(all, 10)).toHaveLength(1);
      });
    });

    it('stores audit events of bounded size and lists them, newest first', async () => {
      const records = new AuditEventRecords(database.db);
      const event = (seconds: number, parts: object = {}) => ({
        at: later(seconds),
        kind: 'login',
        user_id: null,
        client: '192.0.2.1',
        subject: '',
        detail: '',
        count: 1,
        status: null,
        ...parts,
      });
      const long = `\0${'x'.repeat(10_000)}`;
      const [first] = await records.add([
        event(1),
        event(3, { kind: 'operatorAction', user_id: 4, client: long, subject: long, detail: long }),
        event(2, { client: '192.0.2.2' }),
      ]);
      await records.end(first, 404);
      const listed = await records.list({}, 10);
      expect(listed.map(({ at }) => at)).toEqual([later(3), later(2), later(1)]);
      expect(listed.map(({ status }) => status)).toEqual([null, null, 404]);
      expect([listed[0].client.length, listed[0].subject.length, listed[0].detail.length]).toEqual([200, 200, 2_000]);
      expect(await records.list({ kind: 'operatorAction', userId: 4 })).toHaveLength(1);
      expect(await records.list({ client: '192.0.2.2', from: later(2), to: later(2) })).toHaveLength(1);
      expect(await records.deleteBefore(later(3))).toBe(2);
      expect(await codeOf(() => records.list({}, 0))).toBe('badLimit');
      expect(await codeOf(() => new AuditBlocks(database.db).oldestSmall(1_001))).toBe('badLimit');
    });

    it('lists atlas runs that are open or of one source, and sums the credits of the system', async () => {
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
      expect(await runs.paidSince('refresh', later(30))).toEqual({ runs: 2, credits: 1_200 });
      const onDemand = await run('2.2.2.2', 'onDemand', 'system', later(60));
      await runs.change(second.id, { state: 'done', spent_credits: 60 });
      expect(await runs.paidSince('refresh', later(30))).toEqual({ runs: 2, credits: 660 });
      expect(await runs.paidSince('refresh', later(30), { source: '9.9.9.9' })).toEqual({ runs: 1, credits: 600 });
      expect(await runs.paidSince('refresh', later(90))).toEqual({ runs: 0, credits: 0 });
      expect(await runs.paidSince('onDemand', later(30))).toEqual({ runs: 1, credits: 600 });
      expect((await runs.of('2.2.2.2', 5)).map(({ id }) => id)).not.toContain(onDemand.id);
    });

    it('changes an atlas run while it is under way, and for the owner of the lease of its source only', async () => {
      const leases = new Leases(database.db);
      await leases.acquire('alive', ['source/1.0.0.78'], 60_000);
      await leases.acquire('expired', ['source/1.0.0.79'], 0);
      const [any, alive, dead, expired] = [undefined, 'alive', 'dead', 'expired'].map(
        (owner) => new AtlasRuns(database.db, { owner }),
      );
      const add = async (source: string): Promise<number> => {
        const run = { user_id: null, cause: 'new', payer: 'system', estimated_credits: 0, reason: null } as const;
        const times = { started_at: now, ended_at: null };
        return (await any.add({ ...run, ...times, source, state: 'running', details: '{}' })).id;
      };
      const [id, other] = [await add('1.0.0.78'), await add('1.0.0.79')];
      await dead.change(id, { spent_credits: 1 });
      await alive.change(id, { spent_credits: 2 });
      await alive.change(other, { spent_credits: 3 });
      await expired.change(other, { spent_credits: 4 });
      const spent = async () =>
        (await Promise.all(['1.0.0.78', '1.0.0.79'].map((source) => any.of(source, 1)))).map(
          ([run]) => run.spent_credits,
        );
      expect(await spent()).toEqual([2, 0]);
      await any.change(other, { spent_credits: 5 });
      await alive.change(id, { state: 'done' });
      for (const runs of [any, alive]) await runs.change(id, { state: 'running', spent_credits: 6 });
      expect(await spent()).toEqual([2, 5]);
      expect((await any.open()).map((run) => run.id)).not.toContain(id);
      await any.change(other, { state: 'failed' });
    });

    it('stores and removes opt-outs, all of a list or none', async () => {
      const optOuts = new OptOuts(database.db);
      const optOut = { network: '192.0.2.0/24', kind: 'ipv4', reason: 'asked by mail', origin: 'operator' } as const;
      await optOuts.put([optOut]);
      await optOuts.put([
        { ...optOut, reason: 'asked again' },
        { network: 'AS64500', kind: 'as', reason: '', origin: 'import' },
        { network: '2001:db8::/32', kind: 'ipv6', reason: '', origin: 'request' },
      ]);
      const many = Array.from({ length: 7_000 }, (_, i) => ({ ...optOut, network: `10.${i >> 8}.${i & 255}.0/24` }));
      expect(await codeOf(() => optOuts.put([...many, { ...optOut, reason: 'bad\0' }]))).toBe('badText');
      expect(await optOuts.page()).toMatchObject([
        { network: '192.0.2.0/24', reason: 'asked again' },
        { network: '2001:db8::/32', kind: 'ipv6' },
        { network: 'AS64500', kind: 'as', origin: 'import' },
      ]);
      expect((await optOuts.page('192.0.2.0/24', 1)).map(({ network }) => network)).toEqual(['2001:db8::/32']);
      await optOuts.put(many);
      const found = new Set<string>();
      for await (const rows of optOuts.networks()) for (const { network } of rows) found.add(network);
      expect(found.size).toBe(7_003);
      expect(await optOuts.remove('192.0.2.0/24')).toBeDefined();
      expect(await optOuts.remove('192.0.2.0/24')).toBeUndefined();
    });

    it('numbers the changes of opt-outs, and nothing else', async () => {
      const optOuts = new OptOuts(database.db);
      const optOut = { network: '198.51.100.0/24', kind: 'ipv4', reason: 'first', origin: 'operator' } as const;
      const before = await optOuts.lastChange();
      expect(await optOuts.remove(optOut.network)).toBeUndefined();
      expect(await optOuts.put([])).toBeUndefined();
      expect(await optOuts.put([optOut, { ...optOut, reason: 'second' }])).toBe(before + 1);
      expect(await optOuts.put([{ ...optOut, reason: 'second' }])).toBeUndefined();
      expect(await optOuts.lastChange()).toBe(before + 1);
      expect((await optOuts.page('198.51.', 1))[0].reason).toBe('second');
      expect(await optOuts.put([{ ...optOut, reason: 'third' }])).toBe(before + 2);
      expect(await optOuts.remove(optOut.network)).toBe(before + 3);
      // A process of the version before, or a person.
      await sql`insert into opt_outs (network, kind, reason) values ('198.51.100.0/24', 'ipv4', '')`.execute(
        database.db,
      );
      const afterPerson = await optOuts.lastChange();
      expect(afterPerson).toBeGreaterThan(before + 3);
      expect(await optOuts.remove(optOut.network)).toBe(afterPerson + 1);
    });

    it('stores lists of the same opt-outs in any order at once', async () => {
      const optOuts = new OptOuts(database.db);
      const list = Array.from({ length: 6_000 }, (_, i) => ({
        ...({ network: `172.${i >> 8}.${i & 255}.0/24`, kind: 'ipv4', origin: 'import' } as const),
        reason: '',
      }));
      const reasons = ['first', 'second', 'third', 'fourth'];
      const lists = reasons.map((reason, i) => {
        const changed = list.map((optOut) => ({ ...optOut, reason }));
        return i % 2 === 0 ? changed : changed.reverse();
      });
      const before = await optOuts.lastChange();
      const numbers = await Promise.all(lists.map((each) => optOuts.put(each)));
      expect(numbers.sort()).toEqual([1, 2, 3, 4].map((n) => before + n));
    });

    it('keeps requests to opt out until they are decided or expire', async () => {
      const requests = new OptOutRequests(database.db);
      const request = { network: '192.0.2.0/24', reason: '', email: null, created_at: now, expires_at: later(60) };
      const first = await requests.add({ ...request, token: 'aa' });
      const second = await requests.add({ ...request, token: 'bb', expires_at: later(600) });
      expect(await requests.countPending()).toBe(2);
      expect(await requests.findByToken('bb')).toMatchObject({ id: second.id, state: 'pending', proof: null });
      await requests.checked(first.id, now);
      expect((await requests.toCheck(10)).map(({ id }) => id)).toEqual([second.id, first.id]);
      await requests.mailed(second.id, { contact: 'abuse@example.net', hash: 'ff', at: now });
      expect((await requests.findByMailToken('ff'))?.id).toBe(second.id);
      expect(await requests.countMails('abuse@example.net', now)).toBe(1);
      expect(await requests.countMails('abuse@example.net', later(1))).toBe(0);
      expect(await requests.expire(later(60))).toBe(1);
      const decision = { state: 'accepted', proof: 'mail', note: '', decided_at: later(61), decided_by: null } as const;
      expect(await requests.decide(first.id, decision)).toBeUndefined();
      expect(await requests.decide(second.id, decision)).toMatchObject({ state: 'accepted', proof: 'mail' });
      expect((await requests.list('expired')).map(({ id }) => id)).toEqual([first.id]);
      await requests.deleteEnded(later(61));
      expect((await requests.list()).map(({ id }) => id)).toEqual([second.id]);
    });

    it('finds the abuse contact of the first network that has one', async () => {
      const contacts = new AbuseContacts(database.db);
      await contacts.put('192.0.2.0/24', 'old@example.net');
      await contacts.put('192.0.2.0/24', 'abuse@example.net');
      await contacts.put('AS64500', 'noc@example.org');
      expect(await contacts.of(['192.0.2.128/25', '192.0.2.0/24', 'AS64500'])).toEqual([
        'abuse@example.net',
        'noc@example.org',
      ]);
      expect(await contacts.of([])).toEqual([]);
      expect((await contacts.list()).map(({ network }) => network)).toEqual(['192.0.2.0/24', 'AS64500']);
      expect(await contacts.remove('AS64500')).toBe(true);
      expect(await contacts.remove('AS64500')).toBe(false);
    });

    it('begins, judges and forgets each run of a watch once, also for several processes', async () => {
      const { db } = database;
      const user = await newUser();
      const [watches, runs, history] = [new Watches(db), new WatchRuns(db), new WatchHistory(db)];
      const limits = { most: 2, runsPerDay: 100 };
      const create = (intervalSeconds: number) =>
        watches.create(
          {
            ...{ user_id: user.id, key_id: null, name: 'w', source: '1.0.0.1', destination: '1.0.1.1' },
            ...{ intervalSeconds, alertOn: ['path'], alertMail: true, webhook: null },
          },
          limits,
          now,
        );
      expect(await create(60)).toBe('tooOften');
      const made = await Promise.all([create(3_600), create(3_600), create(3_600)]);
      expect(made.filter((one) => one === 'tooMany')).toHaveLength(1);
      const [first] = await watches.of(user.id);
      expect(await watches.change(first, { intervalSeconds: 1_000 }, limits)).toBe('tooOften');
      expect(await watches.find(first.id)).toMatchObject({ interval_seconds: 3_600, alert_on: ['path'] });

      const lease = { limit: 10, leaseUntil: later(60) };
      const claim = () => runs.claimDue(now, { ...lease, next: () => later(3_600) });
      const claimed = (await Promise.all([claim(), claim()])).flat();
      expect(new Set(claimed.map(({ watch }) => watch.id)).size).toBe(2);
      expect(claimed).toHaveLength(2);
      expect(await runs.takeAbandoned(later(59), lease)).toEqual([]);
      expect(await runs.takeAbandoned(later(61), lease)).toHaveLength(2);

      const [{ run }] = claimed;
      const batch = await accept(user, 1);
      await runs.submitted(run, batch);
      expect(await runs.ended(10)).toEqual([]);
      const [{ id }] = await new Jobs(db).lease('me', 1, now, later(30));
      await new Jobs(db).finish('me', [{ id, result: { a: 1 } }], now);
      expect((await runs.ended(10)).map(({ result }) => result)).toEqual([{ a: 1 }]);
      const alert = { channel: 'mail', type: 't', messageId: `msg_${run.id}`, subject: 's\0', body: 'b' } as const;
      const change = { kinds: ['path'], before: {}, after: { text: '\0' }, firstRun: run.id };
      const finish = () =>
        runs.finish(run, later(5), () => ({
          outcome: 'measured',
          path: 2,
          detector: { n: 1 },
          change,
          alerts: [alert],
        }));
      expect((await Promise.all([finish(), finish()])).sort()).toEqual([false, true]);
      expect(await history.alerts(run.watch_id, { limit: 10 })).toMatchObject([
        { subject: 's\ufffd', state: 'pending' },
      ]);
      expect(await history.changes(run.watch_id, { limit: 10 })).toMatchObject([{ after: { text: '\ufffd' } }]);
      expect(await watches.find(run.watch_id)).toMatchObject({ detector: { n: 1 } });

      expect(await history.deleteBefore(later(1))).toBe(false);
      expect(await history.runs(run.watch_id, { limit: 10 })).toEqual([]);
      expect(await new Batches(db).find(batch)).toBeUndefined();
      for (const { id } of await watches.of(user.id)) await watches.delete(id);
    });

    it('returns the measurements of a batch in order, with options and label', async () => {
      const user = await newUser();
      // Decoders take the first character for a mark of the encoding.
      const label = '\ufeffmine';
      const id = await accept(user, 12, label);
      const rows = await new Batches(database.db).measurementsOf(id);
      expect(rows.map(({ destination }) => destination)).toEqual(
        measurements(12).map(({ destination }) => destination),
      );
      expect(rows[3].options).toEqual({ n: 3 });
      expect(rows[3].label).toBe(label);
      expect(await labelled(database.db, user.id, label)).toHaveLength(12);
      expect(await labelled(database.db, (await newUser()).id, label)).toHaveLength(0);
    });

    it('enforces the three limits of a user, also against simultaneous requests', async () => {
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

    it('accepts small batches that come at once with their own measurements, and refuses one that it cannot store', async () => {
      const batches = new Batches(database.db);
      const user = await newUser({ max_per_minute: 60 });
      const sizes = Array.from({ length: 40 }, (_, i) => (i % 3) + 1);
      const outcomes = await Promise.allSettled(
        sizes.map((size, i) => batches.accept(user, measurements(size, i === 7 ? 'bad\0text' : `batch ${i}`), now)),
      );
      const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(failed).toEqual([expect.objectContaining({ code: 'badText' })]);
      const accepted = outcomes.flatMap((outcome, i) =>
        outcome.status === 'fulfilled' && 'id' in outcome.value ? [{ i, id: outcome.value.id }] : [],
      );
      for (const { i, id } of accepted) {
        const rows = await batches.measurementsOf(id);
        expect(rows.map(({ label, options }) => ({ label, options }))).toEqual(
          Array.from({ length: sizes[i] }, (_, n) => ({ label: `batch ${i}`, options: { n } })),
        );
      }
      const total = accepted.reduce((sum, { i }) => sum + sizes[i], 0);
      expect(total).toBeGreaterThan(57);
      expect(total).toBeLessThanOrEqual(60);
      expect(await batches.limitUseOf(user, now)).toEqual([
        expect.objectContaining({ limit: 'perDay', used: total }),
        expect.objectContaining({ limit: 'parallel', used: total }),
        expect.objectContaining({ limit: 'perMinute', used: total }),
      ]);
      expect((await batches.limitUseOf(user, later(60))).map(({ used }) => used)).toEqual([total, total, 0]);
      expect((await batches.limitUseOf(user, later(43_200))).map(({ used }) => used)).toEqual([0, total, 0]);
    });

    it('finds the batch of a repeated request for a day, also when both requests come at once', async () => {
      const batches = new Batches(database.db);
      const user = await newUser();
      const repeatable = { key: 'k', hash: 'h', rejected: [{ index: 3 }] };
      const submit = (hash = 'h', at = now, by = user) =>
        batches.accept(by, measurements(2), at, { keyId: null, repeatable: { ...repeatable, hash } });
      const both = await Promise.all([submit(), submit()]);
      const ids = both.map((outcome) => ('id' in outcome ? outcome.id : 'repeatedId' in outcome && outcome.repeatedId));
      expect(both.filter((outcome) => 'id' in outcome)).toHaveLength(1);
      expect(ids[0]).toBe(ids[1]);
      expect(await submit()).toEqual({ repeatedId: ids[0], isOther: false, rejected: [{ index: 3 }] });
      expect(await submit('other')).toMatchObject({ repeatedId: ids[0], isOther: true });
      expect(await batches.repeated(user, repeatable, now)).toMatchObject({ repeatedId: ids[0] });
      expect(await submit('h', now, await newUser())).toHaveProperty('id');
      const nextDay = later(86_401);
      expect(await batches.repeated(user, repeatable, nextDay)).toBeUndefined();
      expect(await submit('other', nextDay)).toHaveProperty('id');
    });

    it('cancels what is queued of a batch, and says so of what is leased', async () => {
      const batches = new Batches(database.db);
      const jobs = new Jobs(database.db);
      const user = await newUser();
      const id = await accept(user, 3);
      const [leased] = await jobs.lease('a', 1, now, later(30));
      expect(leased).toMatchObject({ batchId: id, isCancelled: false });
      const result = { stopReason: 'cancelled', failReason: { code: 'x' } };
      expect(await batches.cancel(id, result, now)).toHaveLength(2);
      expect(await batches.cancel(id, result, later(5))).toHaveLength(0);
      expect(await batches.countDone(id)).toBe(2);
      expect((await batches.latestOf(user.id))[0]).toMatchObject({ id, done: 2, cancelled_at: now });
      expect((await batches.measurementsOf(id))[2]).toMatchObject({
        state: 'done',
        result: { stopReason: 'cancelled', failReason: { code: 'x', hop: '1.0.1.2' } },
      });
      expect(await jobs.lease('b', 5, later(60), later(90))).toMatchObject([{ id: leased.id, isCancelled: true }]);
      expect(await batches.latestOf(user.id, 10, id)).toEqual([]);
    });

    it('does not mark a batch as cancelled that has ended', async () => {
      const batches = new Batches(database.db);
      const user = await newUser();
      const id = await accept(user, 1);
      const jobs = new Jobs(database.db);
      const leased = await jobs.lease('a', 1, now, later(30));
      expect(leased).toMatchObject([{ batchId: id }]);
      await jobs.finish('a', [{ id: leased[0].id, result: {} }], later(9));
      expect(await batches.cancel(id, { stopReason: 'cancelled' }, later(10))).toEqual([]);
      expect((await batches.find(id))?.cancelled_at).toBeNull();
    });

    it('leases each job once and takes the jobs of small batches between those of large ones', async () => {
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

    it('divides leases between users by weight, and between the batches of a user from where the first one is', async () => {
      const [one, three] = [await newUser(), await newUser()];
      await new Users(database.db).change(three.id, { weight: 3 });
      await accept(one, 100);
      const early = await accept(three, 100);
      const jobs = new Jobs(database.db);
      const count = (leased: readonly { userId: number }[], user: User): number =>
        leased.filter(({ userId }) => userId === user.id).length;
      const first = await jobs.lease('a', 40, now, later(30));
      expect([count(first, one), count(first, three)]).toEqual([10, 30]);
      const late = await accept(three, 100);
      const second = await jobs.lease('a', 80, now, later(30));
      expect([count(second, one), count(second, three)]).toEqual([20, 60]);
      const fromLate = second.filter(({ batchId }) => batchId === late).length;
      expect([fromLate, second.filter(({ batchId }) => batchId === early).length]).toEqual([30, 30]);
    });

    it('takes a batch of two before the bulk of its own user and of others, from a full queue of large batches', async () => {
      const [user, other] = [await newUser(), await newUser()];
      await accept(user, 500);
      await accept(other, 500);
      const jobs = new Jobs(database.db);
      await jobs.lease('a', 300, now, later(30));
      const [own, foreign] = [await accept(user, 2), await accept(await newUser(), 2)];
      const leased = await jobs.lease('a', 50, now, later(30), 0);
      expect(leased.map(({ batchId }) => batchId).sort()).toEqual([own, own, foreign, foreign].sort());
      expect(await jobs.lease('a', 50, now, later(30), 30)).toHaveLength(30);
    });

    it('ends queued jobs that have waited too long, and no others', async () => {
      const user = await newUser();
      const old = await accept(user, 3);
      const jobs = new Jobs(database.db);
      const [leased] = await jobs.lease('a', 1, now, later(30));
      const result = { stopReason: 'cancelled', failReason: { code: 'x', message: 'y' } };
      expect(await jobs.expire(now, result, later(9))).toEqual([]);
      const fresh = await new Batches(database.db).accept(user, measurements(2), later(5));
      const ended = await jobs.expire(later(5), result, later(9));
      expect(ended.map(({ batchId }) => batchId)).toEqual([old, old]);
      const rows = await new Batches(database.db).measurementsOf(old);
      expect(rows.map(({ state }) => state).sort()).toEqual(['done', 'done', 'running']);
      expect(rows.find(({ id }) => id === ended[0].id)).toMatchObject({ result: { failReason: { code: 'x' } } });
      expect(await jobs.finish('a', [{ id: leased.id, result: {} }], later(9))).toEqual([leased.id]);
      expect(fresh).toHaveProperty('id');
    });

    it('leases the first job of every batch before the second of any', async () => {
      const big = await accept(await newUser(), 20);
      const small = await accept(await newUser(), 1);
      const lent = await new Jobs(database.db).lease('a', 2, now, later(30));
      expect(lent.map(({ batchId }) => batchId).sort()).toEqual([big, small].sort());
    });

    it('asks for each job once, although the statistics say that no jobs are stored', async () => {
      const { db } = database;
      const user = await newUser();
      const lease = async (count = 250): Promise<number[]> => {
        await accept(user, 250);
        return (await new Jobs(db).lease('me', count, now, later(30))).map(({ id }) => id);
      };
      const finish = async (of: Kysely<Schema>, ids: readonly number[]): Promise<number[]> =>
        new Jobs(of).finish(
          'me',
          ids.map((id) => ({ id, result: {} })),
          now,
        );
      await finish(db, await lease());
      await sql`vacuum (analyze, truncate false) measurements`.execute(db);
      const ids = await lease(120);
      expect(ids).toHaveLength(120);
      const scans = await db.transaction().execute(async (transaction) => {
        const soFar = async (): Promise<number> => {
          const { rows } = await sql<{ scans: number }>`
            select (seq_scan + idx_scan)::integer as scans from pg_stat_xact_user_tables where relname = 'measurements'`.execute(
            transaction,
          );
          return rows[0].scans;
        };
        const before = await soFar();
        expect(await finish(transaction, ids.slice(0, 60))).toHaveLength(60);
        await new Jobs(transaction).renew('me', ids.slice(60, 120), later(60));
        return (await soFar()) - before;
      });
      // For each of 120 jobs one scan to lock it, and one to change it.
      expect(scans).toBeLessThan(250);
    });

    it('leases a job again after its lease has ended and stores results of the holder only', async () => {
      const batch = await accept(await newUser(), 3);
      const jobs = new Jobs(database.db);
      const lost = await jobs.lease('dead', 10, now, later(30));
      expect(await jobs.lease('alive', 10, later(29), later(60))).toEqual([]);
      const ids = lost.map(({ id }) => id);
      await jobs.renew('dead', ids, later(40));
      await jobs.renew('alive', ids, later(99));
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

    it('lets results wait for the public archive, and ends their waiting with the record of their files or not at all', async () => {
      const { db } = database;
      const records = new ArchiveRecords(db);
      const [yes, no] = [await newUser(), await newUser()];
      await records.setConsent(yes.id, now);
      await records.setConsent(yes.id, later(9));
      expect([await records.consentOf(yes.id), await records.consentOf(no.id)]).toEqual([now, null]);
      const agents = new Agents(db);
      const source = {
        address: '1.0.0.1',
        kind: 'source',
        hostname: 'h',
        site: '',
        user_id: null,
        state: 'ready',
      } as const;
      await agents.put(source);
      const end = async (user: User, count: number): Promise<number[]> => {
        await accept(user, count);
        const jobs = new Jobs(db);
        const leased = await jobs.lease('me', 100, now, later(99));
        const midnight = new Date('2026-01-02T00:00:00Z');
        return jobs.finish(
          'me',
          leased.map(({ id }) => ({ id, result: {} })),
          midnight,
        );
      };
      await end(no, 2);
      const ids = (await end(yes, 3)).sort((a, b) => a - b);
      expect(await records.firstPendingDay()).toBe('2026-01-02');
      expect(await records.pending('2026-01-02', 10)).toEqual(ids);
      expect(await records.measurements(ids)).toMatchObject(ids.map((id) => ({ id, archive_consent_at: now })));
      const file = {
        ...{ path: 'a.parquet', day: '2026-01-02', format: 'paths', rows: 2, bytes: 9_000_000_000, sha256: 'x' },
        ...{ first_at: now, last_at: later(5), schema_version: 1, written_at: later(6) },
      };
      expect(await records.commit([...ids, 0], [file])).toBe(false);
      expect([await records.unplaced(), (await records.totals()).pending]).toEqual([[], 3]);
      expect(await records.commit(ids.slice(0, 2), [file])).toBe(true);
      expect(await records.commit(ids.slice(0, 1), [])).toBe(false);
      expect(await records.unplaced()).toEqual([{ ...file, is_placed: false }]);
      await records.markPlaced([file.path]);
      expect(await records.unplaced()).toEqual([]);
      expect(await records.filesOf('2026-01-02')).toEqual([{ ...file, is_placed: true }]);
      const sums = { files: 1, results: 2, bytes: file.bytes };
      expect(await records.days()).toEqual([{ day: file.day, ...sums, first_at: now, last_at: later(5) }]);
      expect(await records.totals()).toEqual({ ...sums, pending: 1, writtenAt: later(6) });
      await db.deleteFrom('archive_pending').execute();
      await agents.change('1.0.0.1', { visibility: 'private' });
      await end(yes, 1);
      expect((await records.totals()).pending).toBe(0);
      await records.setConsent(yes.id, null);
      expect(await records.consentOf(yes.id)).toBeNull();
    });

    it('begins a partition of results with each day that has measurements, and keeps those of all days readable', async () => {
      const { db } = database;
      const [partitions, batches, jobs, user] = [
        new ResultPartitions(db),
        new Batches(db),
        new Jobs(db),
        await newUser(),
      ];
      const dayAfter = (days: number): Date => later(days * 86_400);
      const boundaries = async () => (await partitions.list()).map(({ first_id }) => first_id);
      await partitions.prepare(now);
      await accept(user, 1);
      await Promise.all([partitions.prepare(dayAfter(1)), partitions.prepare(dayAfter(1))]);
      const [first, second, ...others] = (await boundaries()).slice(-3);
      expect(others).toHaveLength(1);
      await partitions.prepare(dayAfter(2));
      expect((await boundaries()).slice(-3)).toEqual([first, second, ...others]);
      // A batch whose ids are in two partitions.
      await sql`select setval('measurements_id_seq', ${sql.lit(others[0] - 2)})`.execute(db);
      const both = await accept(user, 3);
      const ids = (await batches.measurementsOf(both)).map(({ id }) => id);
      expect(ids).toEqual([-1, 0, 1].map((offset) => others[0] + offset));
      // And one whose ids nobody has prepared a partition for.
      await sql`select setval('measurements_id_seq', ${sql.lit(((await partitions.list()).at(-1)?.end_id ?? 0) + 5)})`.execute(
        db,
      );
      const late = await accept(user, 2);
      const leased = await jobs.lease('a', 10, dayAfter(2), dayAfter(3));
      const finished = leased.map(({ id }) => ({ id, result: { stopReason: 'reaches' } }));
      expect(await jobs.finish('a', finished, dayAfter(2))).toHaveLength(6);
      expect((await batches.measurementsOf(both)).map(({ id, state }) => [id, state])).toEqual(
        ids.map((id) => [id, 'done']),
      );
      expect((await batches.measurementsOf(late)).map(({ state }) => state)).toEqual(['done', 'done']);
      expect((await batches.endedIn(both)).sort()).toEqual(ids);
      const all = await partitions.list();
      expect(all.slice(1).map(({ first_id }) => first_id)).toEqual(all.slice(0, -1).map(({ end_id }) => end_id));
    });

    it('stores imported results once for each origin', async () => {
      const imported = new ImportedResults(database.db);
      const row = { archiveId: 7, source: '1.0.0.1', destination: '1.0.1.1', content: { id: 7, big: 2 ** 53 - 1 } };
      const other = { ...row, archiveId: 8, destination: '1.0.1.2' };
      expect([await imported.add('a', [row, other], now), await imported.add('a', [row], now)]).toEqual([2, 0]);
      expect([await imported.add('b', [row], now), await imported.add('b', [], now)]).toEqual([1, 0]);
      const found = await imported.list({ source: '1.0.0.1', destination: '1.0.1.1', limit: 10 });
      expect(found.map(({ origin, archive_id, content }) => [origin, archive_id, content])).toEqual([
        ['a', 7, row.content],
        ['b', 7, row.content],
      ]);
      expect(await imported.list({ source: '1.0.0.1', after: found[0].id, limit: 1 })).toMatchObject([
        { archive_id: 8 },
      ]);
      expect(await imported.list({ destination: '1.0.1.9', limit: 1 })).toEqual([]);
    });

    it('outlines the networks of a path in order, with those that show no router', async () => {
      const batch = await accept(await newUser(), 1);
      const jobs = new Jobs(database.db);
      const [{ id }] = await jobs.lease('a', 1, now, later(30));
      const hops = [
        { asn: 1, address: '1.0.0.1', alternatives: ['1.0.0.2'], hiddenNetwork: { asn: 2, confidence: 0.9 } },
        { asn: 3, address: '3.0.0.1', evidence: { type: 'atlas', at: 5 } },
        { address: '10.0.0.1' },
      ];
      await jobs.finish('a', [{ id, result: { hops } }], later(1));
      const [outline] = await new Batches(database.db).outlinesOf(batch, { limit: 1, after: 0 });
      expect(outline.asns).toEqual([1, 2, 3]);
    });

    it('outlines as many measurements of a batch as are asked for, in their order', async () => {
      const batch = await accept(await newUser(), 250);
      const batches = new Batches(database.db);
      const ids = (await batches.measurementsOf(batch)).map(({ id }) => id);
      const outlined = async (limit: number, after: number): Promise<number[]> =>
        (await batches.outlinesOf(batch, { limit, after })).map(({ id }) => id);
      expect(ids).toHaveLength(250);
      expect(await outlined(230, 0)).toEqual(ids.slice(0, 230));
      expect(await outlined(300, 0)).toEqual(ids);
      expect(await outlined(100, ids[149])).toEqual(ids.slice(150));
    });

    it('leases the jobs of the given sources, those of an earlier owner first', async () => {
      const jobs = new Jobs(database.db);
      const user = await newUser();
      const batches = new Batches(database.db);
      const submit = async (source: string, count: number): Promise<void> => {
        const pairs = measurements(count).map((pair) => ({ ...pair, source }));
        expect(await batches.accept(user, pairs, now)).toHaveProperty('id');
      };
      await submit('1.0.0.1', 40);
      await submit('1.0.0.2', 20);
      await submit('1.0.0.2', 2);
      await submit('1.0.0.3', 5);
      expect(await jobs.leaseOf([], 'a', 10, now, later(30))).toEqual([]);
      const held = await jobs.leaseOf(['1.0.0.2', '1.0.0.3'], 'a', 10, now, later(30));
      expect(held.filter(({ source }) => source === '1.0.0.2')).toHaveLength(5);
      expect(held.filter(({ source }) => source === '1.0.0.3')).toHaveLength(5);
      await jobs.releaseOf('1.0.0.3', 'a');
      const ids = held.filter(({ source }) => source === '1.0.0.2').map(({ id }) => id);
      jobs.noteNew();
      const taken = await jobs.leaseOf(['1.0.0.2'], 'b', 8, now, later(60));
      expect(taken.slice(0, 5).map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
      expect(taken).toHaveLength(8);
      expect(await jobs.finish('a', [{ id: ids[0], result: 'late' }], now)).toEqual([]);
      expect(await jobs.finish('b', [{ id: ids[0], result: 'in time' }], now)).toEqual([ids[0]]);
      const rest = await jobs.leaseOf(['1.0.0.2', '1.0.0.3'], 'b', 1_000, later(61), later(90));
      // All but the one that has ended: also those that b held itself, and whose leases have ended.
      expect(rest).toHaveLength(21 + 5);
    });

    it('changes the atlas of a source for the owner of its lease only', async () => {
      const [atlases, leases] = [new Atlases(database.db), new Leases(database.db)];
      const path = { platform: 'vantagePoint', probe: null, origin: '1.0.0.9', measuredAt: now, hops: [] };
      const change = (id: number, owner?: string) =>
        atlases.change(
          new Map([['1.0.0.77', { paths: [{ ...path, id }], removed: [], tails: [], unusedHops: [] }]]),
          owner,
        );
      await leases.acquire('alive', ['source/1.0.0.77'], 60_000);
      await change(1, 'dead');
      await change(2, 'alive');
      await change(3);
      expect((await atlases.of('1.0.0.77')).paths.map(({ id }) => id)).toEqual([2, 3]);
      await atlases.clear('1.0.0.77');
    });

    it('gives a lease to one owner at a time, with a growing token', async () => {
      const leases = new Leases(database.db);
      const taken = await Promise.all(['a', 'b'].map((owner) => leases.acquire(owner, ['x', 'y', 'x'], 60_000)));
      expect(
        taken
          .flat()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(['x', 'y']);
      const owners = new Map((await leases.list()).map(({ name, owner }) => [name, owner]));
      const owner = owners.get('x') ?? '';
      const other = owner === 'a' ? 'b' : 'a';
      expect(await leases.acquire(other, ['x'], 60_000)).toEqual([]);
      expect(await leases.renew(owner, 60_000)).toContainEqual({ name: 'x', token: 1 });
      await leases.release(other, [{ name: 'x', token: 1 }]);
      await leases.release(owner, [{ name: 'x', token: 0 }]);
      expect(await leases.acquire(other, ['x'], 60_000)).toEqual([]);
      await leases.release(owner, [{ name: 'x', token: 1 }]);
      expect(await leases.renew(owner, 60_000)).not.toContainEqual(expect.objectContaining({ name: 'x' }));
      expect(await leases.acquire(other, ['x'], 0)).toEqual([{ name: 'x', token: 2 }]);
      expect(await leases.renew(other, 60_000)).not.toContainEqual(expect.objectContaining({ name: 'x' }));
      expect(await leases.acquire(other, ['x'], 60_000)).toEqual([{ name: 'x', token: 3 }]);
    });

    it('renews the leases of the given jobs only', async () => {
      await accept(await newUser(), 3);
      const jobs = new Jobs(database.db);
      const [first, ...others] = await jobs.lease('a', 10, now, later(30));
      await jobs.renew('a', [], later(60));
      await jobs.renew('a', [first.id], later(60));
      const again = await jobs.lease('b', 10, later(31), later(60));
      expect(again.map(({ id }) => id).sort()).toEqual(others.map(({ id }) => id).sort());
    });

    it('queues the jobs of an owner again when it releases them', async () => {
      await accept(await newUser(), 2);
      const jobs = new Jobs(database.db);
      expect(await jobs.lease('a', 10, now, later(30))).toHaveLength(2);
      await jobs.release('a');
      expect(await jobs.lease('b', 10, now, later(30))).toHaveLength(2);
    });

    it('stores labels that contain SQL as text', async () => {
      const user = await newUser();
      const label = `'; drop table measurements; --`;
      await accept(user, 1, label);
      expect(await labelled(database.db, user.id, label)).toHaveLength(1);
    });

    describe('with text that PostgreSQL cannot store', () => {
      const BAD = { nul: 'a\0b', loneSurrogate: 'a\ud800b', lowSurrogate: '\udc00' };
      const CLEAN: Record<string, string> = { 'a\0b': 'a\ufffdb', 'a\ud800b': 'a\ufffdb', '\udc00': '\ufffd' };
      const fields = { address: '7.7.7.7', hosting: 'h', name: 'n', email: 'e@x', reason: 'r' };
      const agent = {
        address: '7.7.7.7',
        kind: 'source',
        hostname: 'h',
        site: 's',
        user_id: null,
        state: 'ready',
      } as const;
      const at = now;
      /** Every query that takes text from people or from the configuration. */
      const refusing: Record<string, (bad: string) => Promise<unknown>> = {
        'user name': (bad) => newUser({ name: bad }),
        'user e-mail': (bad) => newUser({ email: bad }),
        'find by e-mail': (bad) => new Users(database.db).findByEmail(bad),
        'key fingerprint': async (bad) => {
          const { id } = await newUser();
          return new Users(database.db).addKey(id, { ...hashApiKey(bad), fingerprint: bad });
        },
        'agent address': (bad) => new Agents(database.db).put({ ...agent, address: bad }),
        'agent host name': (bad) => new Agents(database.db).put({ ...agent, hostname: bad }),
        'agent site': (bad) => new Agents(database.db).put({ ...agent, site: bad }),
        'agent look-up': (bad) => new Agents(database.db).find(bad),
        'agent change': (bad) => new Agents(database.db).change('7.7.7.7', { hostname: bad }),
        'agent change of unknown address': (bad) => new Agents(database.db).change(bad, { state: 'ready' }),
        'agent test address': (bad) => new AgentTests(database.db).of(bad, 1),
        'application address': (bad) => new Applications(database.db).add({ ...fields, address: bad }),
        'application hosting': (bad) => new Applications(database.db).add({ ...fields, hosting: bad }),
        'application name': (bad) => new Applications(database.db).add({ ...fields, name: bad }),
        'application e-mail': (bad) => new Applications(database.db).add({ ...fields, email: bad }),
        'application reason': (bad) => new Applications(database.db).add({ ...fields, reason: bad }),
        'application note': (bad) =>
          new Applications(database.db).decide(1, { state: 'refused', note: bad, by: 1, at }),
        'mail recipient': (bad) => new Mails(database.db).add({ recipient: bad, subject: 's', body: 'b' }, now),
        'mail subject': (bad) => new Mails(database.db).add({ recipient: 'r', subject: bad, body: 'b' }, now),
        'mail body': (bad) => new Mails(database.db).add({ recipient: 'r', subject: 's', body: bad }, now),
        'opt-out network': (bad) =>
          new OptOuts(database.db).put([{ network: bad, kind: 'ipv4', reason: 'r', origin: 'import' }]),
        'opt-out reason': (bad) =>
          new OptOuts(database.db).put([{ network: 'AS1', kind: 'as', reason: bad, origin: 'import' }]),
        'opt-out request': (bad) =>
          new OptOutRequests(database.db).add({
            network: bad,
            reason: bad,
            email: bad,
            token: bad,
            created_at: now,
            expires_at: now,
          }),
        'abuse contact': (bad) => new AbuseContacts(database.db).put('AS1', bad),
        'opt-out removal': (bad) => new OptOuts(database.db).remove(bad),
        label: async (bad) => accept(await newUser(), 1, bad),
        'label look-up': (bad) => labelled(database.db, 1, bad),
        'measurement options': async (bad) =>
          new Batches(database.db).accept(
            await newUser(),
            [{ ...measurements(1)[0], options: { deep: [{ [bad]: 1 }] } }],
            now,
          ),
        'atlas of a source': (bad) => new Atlases(database.db).of(bad),
        'atlas path': (bad) =>
          new Atlases(database.db).change(
            new Map([
              [
                '7.7.7.7',
                {
                  paths: [{ id: 1, platform: 'x', probe: null, origin: bad, measuredAt: now, hops: [bad] }],
                  removed: [],
                  unusedHops: [],
                  tails: [],
                },
              ],
            ]),
          ),
        'alias evidence': (bad) =>
          new Atlases(database.db).putEvidence([{ first: bad, second: 's', kind: 'k', lastSeen: now, count: 1 }]),
        'ranking record': (bad) =>
          new RankingRecords(database.db).put([
            { level: 'prefix', key: 1, sender: bad, distance: 1, count: 1, at: now, ingresses: [] },
          ]),
        'lease owner': (bad) => new Jobs(database.db).lease(bad, 1, now, later(1)),
      };
      for (const [name, query] of Object.entries(refusing))
        it(`refuses it: ${name}`, async () => {
          for (const bad of Object.values(BAD)) expect(await codeOf(() => query(bad))).toBe('badText');
        });

      it('replaces it by U+FFFD in text that programs produce', async () => {
        for (const bad of Object.values(BAD)) {
          const clean = CLEAN[bad];
          const agents = new Agents(database.db);
          await agents.put(agent);
          expect(await agents.change(agent.address, { quarantine_reason: bad })).toMatchObject({
            quarantine_reason: clean,
          });
          const tests = new AgentTests(database.db);
          const report = { [bad]: [bad, '\\u0000'] };
          await tests.add({ address: agent.address, tested_at: now, cause: 'asked', verdict: 'failed', report });
          expect((await tests.of(agent.address, 1))[0].report).toEqual({ [clean]: [clean, '\\u0000'] });
          const mails = new Mails(database.db);
          await mails.add({ recipient: 'r', subject: 's', body: 'b' }, now);
          const [{ id }] = await mails.list(1);
          await mails.failed(id, bad, now);
          expect(await mails.list(1)).toMatchObject([{ last_error: clean }]);
          const runs = new AtlasRuns(database.db);
          const run = await runs.add({
            source: '7.7.7.7',
            user_id: null,
            cause: 'new',
            payer: 'nobody',
            state: 'done',
            details: JSON.stringify({ bad }),
            estimated_credits: 0,
            reason: bad,
            started_at: now,
            ended_at: now,
          });
          expect(run).toMatchObject({ details: { bad: clean }, reason: clean });
          const batch = await accept(await newUser(), 1);
          const jobs = new Jobs(database.db);
          const [job] = await jobs.lease('a', 1, now, later(30));
          expect(await jobs.finish('a', [{ id: job.id, result: { bad, ok: '\\u0000 \u{1f600}' } }], now)).toEqual([
            job.id,
          ]);
          const [{ result }] = await new Batches(database.db).measurementsOf(batch);
          expect(result).toEqual({ bad: clean, ok: '\\u0000 \u{1f600}' });
        }
      });

      it('stores every other text unchanged', async () => {
        const user = await newUser();
        for (const label of ['\\u0000', '\\\\ud800', '\u{1f600}', '\u0001\u001f\u007f', '"\\"', '\ufffe\uffff']) {
          await accept(user, 1, label);
          expect(await labelled(database.db, user.id, label)).toMatchObject([{ label }]);
        }
      });
    });

    describe('with limits of listings', () => {
      it('returns at most the given number of rows and continues after a row', async () => {
        const user = await newUser();
        const batch = await accept(user, 5, 'paged');
        const batches = new Batches(database.db);
        const [first, second, ...others] = await labelled(database.db, user.id, 'paged');
        expect(others).toHaveLength(3);
        expect(await labelled(database.db, user.id, 'paged', { limit: 2 })).toEqual([first, second]);
        expect(await labelled(database.db, user.id, 'paged', { limit: 9, after: second.id })).toEqual(others);
        expect(await batches.measurementsOf(batch, { limit: 1, after: first.id })).toEqual([second]);
      });

      it('refuses limits that are too large or no positive whole number', async () => {
        const listings: ((limit: number) => Promise<unknown>)[] = [
          (limit) => new Batches(database.db).measurementsOf(1, { limit }),
          (limit) => new Applications(database.db).list(undefined, limit),
          (limit) => new AgentTests(database.db).of('1.2.3.4', limit),
          (limit) => new Mails(database.db).list(limit),
          (limit) => new Mails(database.db).due(now, limit),
          (limit) => new AtlasRuns(database.db).of('1.2.3.4', limit),
          (limit) => new Atlases(database.db).evidence(limit),
          (limit) => new RankingRecords(database.db).latest(limit),
          (limit) => new Jobs(database.db).lease('a', limit, now, later(1)),
        ];
        for (const listing of listings)
          for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40])
            expect(await codeOf(() => listing(limit))).toBe('badLimit');
      });
    });

    it('reports statements that the database refuses with their SQLSTATE', async () => {
      const broken = sql`select 1 / 0`.execute(database.db);
      await expect(broken).rejects.toMatchObject({
        name: 'StorageError',
        code: 'queryFailed',
        details: { sqlState: '22012' },
      });
    });
  });
}

/** What only a database with several sessions can show. */
function concurrency(start: () => Promise<{ settings: DatabaseSettings; stop(): Promise<void> }>): void {
  it('stores an opt-out while an import waits', async () => {
    const server = await start();
    const database = await openDatabase(server.settings);
    try {
      const optOuts = new OptOuts(database.db);
      const optOut = { network: '192.0.2.0/24', kind: 'ipv4', reason: '', origin: 'operator' } as const;
      const list = Array.from({ length: 3_000 }, (_, i) => ({ ...optOut, network: `10.${i >> 8}.${i & 255}.0/24` }));
      const last = { ...optOut, network: '9.0.0.0/8' };
      await optOuts.put([last]);
      const { imported } = await database.db.transaction().execute(async (transaction) => {
        await sql`select from opt_outs where network = ${last.network} for update`.execute(transaction);
        const imported = optOuts.put([...list, { ...last, reason: 'imported' }]);
        const waits = sql<{ count: number }>`select count(*)::int as count from pg_locks where not granted`;
        await expect
          .poll(async () => (await waits.execute(database.db)).rows, { timeout: 30_000 })
          .toEqual([{ count: 1 }]);
        expect(await optOuts.put([optOut])).toBe(2);
        return { imported };
      });
      expect(await imported).toBe(3);
    } finally {
      await database.close();
      await server.stop();
    }
  });
}

conformance('embedded database', async () => ({ settings: { kind: 'memory' }, stop: async () => undefined }));

if (findPostgres() === undefined && process.env.CI === undefined) {
  process.stderr.write('PostgreSQL is not installed: its conformance suite does not run\n');
} else {
  const start = async () => {
    const server = await startPostgres();
    return { settings: { kind: 'postgres', url: server.url } as const, stop: () => server.stop() };
  };
  conformance('PostgreSQL', start);
  concurrency(start);
}
