import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  Accounts,
  Agents,
  ApiKeys,
  Applications,
  Batches,
  type Database,
  type DatabaseSettings,
  generateApiKey,
  generateToken,
  hashApiKey,
  hashToken,
  Mails,
  MOST_KEYS,
  OldRecords,
  OneTimeTokens,
  openDatabase,
  ProbeSets,
  Publications,
  Sessions,
  SourceShares,
  type User,
  Users,
} from '../src/index.ts';
import { labelled } from './labelled.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const LIMITS = { max_per_day: 10, max_parallel: 10, max_per_minute: 10 };
const APPLICATION = { hosting: 'h', name: 'n', reason: 'r' };

/** Accounts on one database; both must behave alike. */
function accounts(name: string, open: () => Promise<{ database: Database; stop(): Promise<void> }>): void {
  describe(name, () => {
    let opened: { database: Database; stop(): Promise<void> };
    let db: Database['db'];
    let emails = 0;
    beforeAll(async () => {
      opened = await open();
      db = opened.database.db;
    });
    afterAll(() => opened.stop());
    const newUser = (user: Partial<User> = {}): Promise<User> =>
      new Users(db).ensure({ name: 'U', email: `a${emails++}@example.org`, role: 'user', ...LIMITS, ...user });
    const newKey = async (user: User, options = {}): Promise<{ key: string; id: number }> => {
      const key = generateApiKey();
      const id = await new Users(db).addKey(user.id, hashApiKey(key), options);
      return { key, id: id ?? 0 };
    };
    const works = async (key: string, at = NOW): Promise<boolean> =>
      (await new ApiKeys(db).findValid(hashApiKey(key), at)) !== undefined;

    it('has one account for each e-mail address, whatever its case', async () => {
      const users = new Users(db);
      const user = await users.create({ name: 'U', email: 'Someone@Example.org', role: 'user', ...LIMITS });
      expect(user?.email).toBe('someone@example.org');
      expect(
        await users.create({ name: 'V', email: 'SOMEONE@example.org', role: 'operator', ...LIMITS }),
      ).toBeUndefined();
      expect((await users.findByEmail('sOmEoNe@example.org'))?.id).toBe(user?.id);
    });

    it('stops a key that is revoked, expired, or of a disabled user', async () => {
      const user = await newUser();
      const [keys, users] = [new ApiKeys(db), new Users(db)];
      const revoked = await newKey(user);
      expect(await keys.revoke((await newUser()).id, revoked.id, NOW)).toBe(false);
      expect(await works(revoked.key)).toBe(true);
      expect(await keys.revoke(user.id, revoked.id, NOW)).toBe(true);
      expect(await works(revoked.key)).toBe(false);
      const expiring = await newKey(user, { expiresAt: later(10) });
      expect([await works(expiring.key, later(9)), await works(expiring.key, later(10))]).toEqual([true, false]);
      const { key } = await newKey(user);
      await users.change(user.id, { disabledAt: NOW });
      expect(await works(key)).toBe(false);
      await users.change(user.id, { disabledAt: null });
      expect(await works(key)).toBe(true);
    });

    it('gives a user no more than the most keys, though all are asked for at once', async () => {
      const [keys, user] = [new ApiKeys(db), await newUser()];
      const create = () => keys.create(user.id, hashApiKey(generateApiKey()), NOW, {});
      const ids = await Promise.all(Array.from({ length: MOST_KEYS + 20 }, create));
      expect(ids.filter((id) => id !== undefined)).toHaveLength(MOST_KEYS);
      await keys.revoke(user.id, ids.find((id) => id !== undefined) ?? 0, NOW);
      expect([await create(), await create()]).toEqual([expect.any(Number), undefined]);
    });

    it('shows the keys that work, however many have expired, and finds each of them', async () => {
      const [keys, user] = [new ApiKeys(db), await newUser()];
      const oldest = await newKey(user);
      for (let i = 0; i < 2 * MOST_KEYS; i++) await newKey(user, { expiresAt: later(-1) });
      const newest = await newKey(user);
      const listed = await keys.of(user.id, NOW);
      expect(listed.slice(0, 2).map(({ id }) => id)).toEqual([newest.id, oldest.id]);
      expect((await keys.find(user.id, newest.id))?.id).toBe(newest.id);
      expect(await keys.find((await newUser()).id, newest.id)).toBeUndefined();
      await keys.revoke(user.id, newest.id, NOW);
      expect(await keys.find(user.id, newest.id)).toBeUndefined();
    });

    it('rotates no key beyond the most keys, unless the old one ends at once', async () => {
      const [keys, user] = [new ApiKeys(db), await newUser()];
      const { id } = await newKey(user);
      for (let i = 1; i < MOST_KEYS; i++) await newKey(user);
      const rotate = (oldUntil: Date) =>
        keys.rotate(user.id, id, hashApiKey(generateApiKey()), NOW, { oldUntil, expiresAt: null });
      expect(await rotate(later(60))).toBe('tooMany');
      expect((await keys.find(user.id, id))?.expires_at).toBeNull();
      expect(await rotate(NOW)).toBeGreaterThan(0);
    });

    it('gives keys the scopes of the role by default', async () => {
      const scopesOf = async (user: User, scopes?: readonly string[]): Promise<readonly string[] | undefined> => {
        const { key } = await newKey(user, scopes && { scopes });
        return (await new ApiKeys(db).findValid(hashApiKey(key), NOW))?.key.scopes;
      };
      expect(await scopesOf(await newUser())).toEqual(['read', 'measure', 'host']);
      expect(await scopesOf(await newUser({ role: 'operator' }))).toEqual(['read', 'measure', 'host', 'operate']);
      expect(await scopesOf(await newUser(), ['read'])).toEqual(['read']);
    });

    it('rotates a key: both work until the old one expires', async () => {
      const user = await newUser();
      const old = await newKey(user, { name: 'laptop', scopes: ['read'] });
      const fresh = generateApiKey();
      const until = { oldUntil: later(60), expiresAt: null };
      expect(await new ApiKeys(db).rotate((await newUser()).id, old.id, hashApiKey(fresh), NOW, until)).toBeUndefined();
      expect(await new ApiKeys(db).rotate(user.id, old.id, hashApiKey(fresh), NOW, until)).toBeGreaterThan(0);
      expect([await works(old.key, later(59)), await works(old.key, later(60))]).toEqual([true, false]);
      const valid = await new ApiKeys(db).findValid(hashApiKey(fresh), later(60));
      expect(valid?.key).toMatchObject({ name: 'laptop', scopes: ['read'] });
    });

    it('replaces the key of the settings, and leaves other keys alone', async () => {
      const operator = await newUser({ role: 'operator' });
      const keys = new ApiKeys(db);
      const [first, second] = [generateApiKey(), generateApiKey()];
      const other = await newKey(operator);
      const replace = (user: User, key: string) => keys.replaceSetting(user.id, hashApiKey(key), NOW, {});
      expect(await replace(operator, first)).toBe(true);
      expect(await replace(operator, first)).toBe(true);
      expect(await works(first)).toBe(true);
      const elsewhere = await newUser({ role: 'operator' });
      expect(await replace(elsewhere, second)).toBe(true);
      expect([await works(first), await works(second), await works(other.key)]).toEqual([false, true, true]);
      expect(await replace(operator, first)).toBe(false);
      expect(await replace(operator, other.key)).toBe(false);
      expect(await works(second)).toBe(true);
    });

    it('ends a session with its time, its key, and its user', async () => {
      const user = await newUser();
      const sessions = new Sessions(db);
      const begin = async (keyId: number | null): Promise<() => Promise<number | undefined>> => {
        const hash = hashToken(generateToken());
        await sessions.begin({ userId: user.id, keyId, hash, scopes: ['read'], now: NOW, expiresAt: later(100) });
        return async () => (await sessions.findValid(hash, later(10), later(-10)))?.session.id;
      };
      const { id } = await newKey(user);
      const [byKey, byLink] = [await begin(id), await begin(null)];
      expect(await byKey()).toBeGreaterThan(0);
      await new ApiKeys(db).revoke(user.id, id, NOW);
      expect(await byKey()).toBeUndefined();
      const session = (await byLink()) ?? 0;
      const hash = hashToken(generateToken());
      await sessions.begin({ userId: user.id, keyId: null, hash, scopes: [], now: NOW, expiresAt: later(100) });
      expect(await sessions.findValid(hash, later(100), later(-10))).toBeUndefined();
      expect(await sessions.findValid(hash, later(10), NOW)).toBeUndefined();
      await new Users(db).change(user.id, { disabledAt: NOW });
      expect(await byLink()).toBeUndefined();
      await new Users(db).change(user.id, { disabledAt: null });
      await sessions.end(session);
      expect(await byLink()).toBeUndefined();
    });

    it('accepts a token once, in its time, and only the last that was handed out', async () => {
      const tokens = new OneTimeTokens(db);
      const id = await tokens.add(
        { purpose: 'logIn', user_id: null, application_id: null, email: 'e', name: '', lifetime_seconds: 60 },
        NOW,
      );
      const [first, second] = [hashToken(generateToken()), hashToken(generateToken())];
      expect(await tokens.arm(id, first, later(1_000))).toBe(true);
      expect(await tokens.arm(id, second, later(1_000))).toBe(true);
      expect(await tokens.redeem(first, later(1_000))).toBeUndefined();
      expect(await tokens.redeem(second, later(1_060))).toBeUndefined();
      expect(await tokens.redeem(second, later(1_059))).toMatchObject({ id, purpose: 'logIn' });
      expect(await tokens.redeem(second, later(1_059))).toBeUndefined();
      expect(await tokens.arm(id, first, later(1_059))).toBe(false);
    });

    it('decides about verified applications only, and never about an account or address that exists', async () => {
      const applications = new Applications(db);
      const by = (await newUser({ role: 'operator' })).id;
      const operator = await newUser({ role: 'operator' });
      const approve = (id: number) => applications.approve(id, { note: '', by, at: NOW }, LIMITS);
      const stranger = { ...APPLICATION, address: '8.8.4.1', email: 'new@example.org' };
      const unverified = await applications.addUnverified(stranger, NOW);
      const second = await applications.addUnverified(stranger, NOW);
      expect(await approve(unverified.id)).toBe('notPending');
      const verified = await applications.verify(unverified.id);
      expect(verified).toMatchObject({ id: unverified.id, state: 'pending' });
      expect(await applications.verify(unverified.id)).toBeUndefined();
      expect(await applications.verify(second.id)).toBeUndefined();
      expect(await applications.find(second.id)).toMatchObject({ state: 'unverified' });
      expect(await approve(verified?.id ?? 0)).toMatchObject({ isNewOwner: true, owner: { role: 'user' } });
      expect(await approve(verified?.id ?? 0)).toBe('notPending');
      expect(await new Agents(db).find('8.8.4.1')).toMatchObject({ kind: 'source', state: 'expected' });

      const namesOperator = await applications.add({ ...APPLICATION, address: '8.8.4.2', email: operator.email });
      expect(await approve(namesOperator?.id ?? 0)).toBe('accountExists');
      expect(await applications.find(namesOperator?.id ?? 0)).toMatchObject({ state: 'pending' });
      expect(await new Agents(db).find('8.8.4.2')).toBeUndefined();

      const taken = await applications.add({ ...APPLICATION, address: '8.8.4.1', email: 'third@example.org' });
      expect(await approve(taken?.id ?? 0)).toBe('addressRegistered');
      expect(await new Users(db).findByEmail('third@example.org')).toBeUndefined();
      await new Agents(db).change('8.8.4.1', { state: 'withdrawn', quarantined_by: 'operator' });
      expect(await approve(taken?.id ?? 0)).toMatchObject({ owner: { email: 'third@example.org' } });
      expect(await new Agents(db).find('8.8.4.1')).toMatchObject({ state: 'expected', quarantined_by: null });

      const own = await newUser();
      const authenticated = await applications.add({ ...APPLICATION, address: '8.8.4.3', email: own.email }, own.id);
      expect(await approve(authenticated?.id ?? 0)).toMatchObject({ isNewOwner: false, owner: { id: own.id } });
    });

    it('registers an address once, and keeps nothing of a withdrawn agent', async () => {
      const agents = new Agents(db);
      const agent = { address: '8.8.6.1', hostname: 'h', site: '', user_id: null, state: 'expected' } as const;
      expect(await agents.register({ ...agent, kind: 'vantagePoint' })).toBe(true);
      await agents.change('8.8.6.1', { certificate_serial: 'C0FFEE', visibility: 'private' });
      await new SourceShares(db).replace('8.8.6.1', ['early@example.org']);
      expect(await agents.register({ ...agent, kind: 'source' })).toBe(false);
      expect(await agents.find('8.8.6.1')).toMatchObject({ kind: 'vantagePoint', certificate_serial: 'C0FFEE' });
      await agents.change('8.8.6.1', { state: 'withdrawn' });
      expect(await agents.register({ ...agent, kind: 'source' })).toBe(true);
      expect(await agents.find('8.8.6.1')).toMatchObject({
        kind: 'source',
        certificate_serial: null,
        visibility: 'public',
      });
      expect(await new SourceShares(db).sharedWith('early@example.org')).toEqual([]);
    });

    it('keeps a source private that its host registers again, and not for another host', async () => {
      const agents = new Agents(db);
      const [host, next] = [await newUser(), await newUser()];
      const registerFor = async (user: { readonly id: number }) => {
        const source = { address: '8.8.7.1', kind: 'source', hostname: 'h', site: '', state: 'expected' } as const;
        expect(await agents.register({ ...source, user_id: user.id })).toBe(true);
        return (await agents.find('8.8.7.1'))?.visibility;
      };
      expect(await registerFor(host)).toBe('public');
      await agents.change('8.8.7.1', { state: 'withdrawn', visibility: 'private' });
      expect(await registerFor(host)).toBe('private');
      await agents.change('8.8.7.1', { state: 'withdrawn' });
      expect(await registerFor(next)).toBe('public');
    });

    it('exports and deletes everything of a user, and nothing of others', async () => {
      const [user, other] = [await newUser(), await newUser()];
      for (const { id, email } of [user, other]) {
        const address = `8.8.5.${id % 250}`;
        const agent = { address, kind: 'source', hostname: 'h', site: 's', state: 'ready' } as const;
        await new Agents(db).put({ ...agent, user_id: id });
        await new SourceShares(db).replace(address, ['FRIEND@example.org']);
        await new Applications(db).add({ ...APPLICATION, address, email }, id);
        await new Mails(db).add({ recipient: email, subject: 's', body: 'b' }, NOW);
        const token = { application_id: null, email, name: '', lifetime_seconds: 1 };
        const tokenId = await new OneTimeTokens(db).add({ ...token, purpose: 'collectKey', user_id: id }, NOW);
        await new Mails(db).add({ recipient: 'x@example.org', subject: 's', body: 'b', tokenId }, NOW);
      }
      const { key } = await newKey(user, { name: 'mine' });
      const pair = { source: '1.0.0.1', destination: '1.0.0.2', label: 'mine', options: {} };
      for (let batch = 0; batch < 3; batch++) await new Batches(db).accept(user, [pair, pair], NOW);
      await new Batches(db).accept(other, [pair], NOW);
      await new ProbeSets(db).accept(user, [{ type: 'ping' }, { type: 'ping' }], NOW, null);
      await new ProbeSets(db).accept(other, [{ type: 'ping' }], NOW, null);
      const [published] = await labelled(db, user.id, 'mine');
      const token = generateToken();
      await new Publications(db).publish(published, token, NOW);
      const exported = async (who: User): Promise<Record<string, number>> => {
        const counts: Record<string, number> = {};
        for await (const { type, value } of new Accounts(db).export(who)) {
          counts[type] = (counts[type] ?? 0) + 1;
          expect(JSON.stringify(value)).not.toContain(hashApiKey(key).hash);
        }
        return counts;
      };
      expect(await exported(user)).toEqual({
        account: 1,
        key: 1,
        application: 1,
        agent: 1,
        mail: 1,
        batch: 3,
        measurement: 6,
        publication: 1,
        probeSet: 1,
        probe: 2,
      });
      expect(await new SourceShares(db).sharedWith('friend@example.org')).toHaveLength(2);
      expect(await new Accounts(db).delete(user, NOW)).toEqual([`8.8.5.${user.id % 250}`]);
      expect(await works(key)).toBe(false);
      expect(await new Publications(db).measurementBy(token)).toBeUndefined();
      const row = await new Users(db).find(user.id);
      expect(row).toMatchObject({ name: '', deleted_at: NOW });
      expect(JSON.stringify(row)).not.toContain(user.email);
      expect(await exported(user)).toEqual({ account: 1 });
      expect(await exported(other)).toEqual({
        account: 1,
        application: 1,
        agent: 1,
        mail: 1,
        batch: 1,
        measurement: 1,
        probeSet: 1,
        probe: 1,
      });
      expect(await new SourceShares(db).sharedWith('friend@example.org')).toHaveLength(1);
      expect((await new Users(db).list()).map(({ id }) => id)).not.toContain(user.id);
      await sql`delete from measurements`.execute(db);
    });

    it('refuses measurements and probes of a user who is disabled or deleted', async () => {
      const user = await newUser();
      const pair = { source: '1.0.0.1', destination: '1.0.0.2', label: '', options: {} };
      const expectRefusals = async (): Promise<void> => {
        const refusal = { code: 'userDisabled', details: { userId: user.id } };
        await expect(new Batches(db).accept(user, [pair], NOW)).rejects.toMatchObject(refusal);
        await expect(new ProbeSets(db).accept(user, [{}], NOW, null)).rejects.toMatchObject(refusal);
      };
      await new Users(db).change(user.id, { disabledAt: NOW });
      await expectRefusals();
      await new Users(db).change(user.id, { disabledAt: null });
      expect(await new Batches(db).accept(user, [pair], NOW)).toHaveProperty('id');
      await new Accounts(db).delete(user, NOW);
      await expectRefusals();
      expect(await new Batches(db).latestOf(user.id)).toEqual([]);
    });

    it('deletes old accounts and keys, although a record refers to another account', async () => {
      const [first, kept, last] = [await newUser(), await newUser(), await newUser()];
      const owner = await newUser();
      const { id } = await newKey(owner);
      await new ApiKeys(db).revoke(owner.id, id, NOW);
      for (const user of [first, kept, last]) await new Accounts(db).delete(user, NOW);
      // Versions before this one stored batches of deleted accounts.
      const rest = { user_id: kept.id, size: 1, created_at: NOW };
      await db.insertInto('batches').values(rest).execute();
      const never = new Date(0);
      const ages = { mails: never, agentTests: never, atlases: never, atlasRuns: never, refusedApplications: never };
      const old = { ...ages, ranking: never, aliasEvidence: never, endedIdentities: later(1) };
      await new OldRecords(db).deleteBefore(old, NOW, never);
      expect(await db.selectFrom('api_keys').select('id').where('id', '=', id).execute()).toEqual([]);
      const users = await Promise.all([first, kept, last].map((user) => new Users(db).find(user.id)));
      expect(users).toEqual([undefined, expect.objectContaining({ id: kept.id }), undefined]);
    });

    it('leases raw probes to one process, small sets beside large ones, and stores each result once', async () => {
      const sets = new ProbeSets(db);
      await sets.deleteBefore(later(1));
      const [first, second] = [await newUser(), await newUser()];
      const idOf = (outcome: object): number => ('id' in outcome ? Number(outcome.id) : 0);
      const large = idOf(await sets.accept(first, [0, 1, 2, 3, 4], NOW, null));
      const small = idOf(await sets.accept(second, [5], later(1), null));
      expect(await sets.accept(first, [0, 1, 2, 3, 4, 5], NOW, null)).toMatchObject({ limit: 'perDay', used: 5 });
      expect(
        await new Batches(db).accept(second, Array(10).fill({ source: '', destination: '', label: '' }), NOW),
      ).toMatchObject({
        limit: 'perDay',
        used: 1,
      });
      const lease = async (owner: string, count: number, now: Date) =>
        (await sets.lease(owner, count, now, later(60))).map(({ request }) => request).sort();
      expect(await lease('a', 2, later(2))).toEqual([0, 5]);
      const both = await Promise.all([lease('a', 10, later(3)), lease('b', 10, later(3))]);
      expect(both.flat().sort()).toEqual([1, 2, 3, 4]);
      expect(await lease('b', 10, later(59))).toEqual([]);
      const [{ id }] = await sets.probesOf(small);
      expect(await sets.finish('b', id, {}, later(4))).toBe(false);
      expect(await sets.finish('a', id, { text: '\0' }, later(4))).toBe(true);
      expect(await sets.finish('a', id, {}, later(5))).toBe(false);
      expect(await sets.probesOf(small)).toMatchObject([{ state: 'done', result: { text: '\ufffd' } }]);
      expect([await sets.endedIn(small), await sets.endedIn(large)]).toEqual([[id], []]);
      // After a crash the leases end, and other processes take the probes.
      expect(await lease('c', 10, later(61))).toEqual([0, 1, 2, 3, 4]);
      await sets.release('c');
      expect(await lease('d', 1, later(62))).toEqual([0]);
      await sets.deleteBefore(later(1));
      expect([await sets.find(large), (await sets.find(small))?.size]).toEqual([undefined, 1]);
      await sets.deleteBefore(later(2));
      // Many sets do not give a user more than its share.
      await new Users(db).change(second.id, { weight: 2 });
      for (let i = 0; i < 5; i++) await sets.accept(first, [0], NOW, null);
      await sets.accept(second, [5, 5, 5, 5, 5], NOW, null);
      sets.noteNew();
      expect(await lease('e', 6, later(63))).toEqual([0, 0, 5, 5, 5, 5]);
      await sets.deleteBefore(later(2));
    });
  });
}

const opening = async (settings: DatabaseSettings, stopServer: () => Promise<void>) => {
  const database = await openDatabase(settings);
  const stop = async (): Promise<void> => {
    await database.close();
    await stopServer();
  };
  return { database, stop };
};

accounts('accounts in the embedded database', () => opening({ kind: 'memory' }, async () => undefined));

if (findPostgres() === undefined && process.env.CI === undefined) {
  process.stderr.write('PostgreSQL is not installed: its tests of accounts do not run\n');
} else {
  const onPostgres = async () => {
    const server = await startPostgres();
    return opening({ kind: 'postgres', url: server.url }, () => server.stop());
  };
  accounts('accounts in PostgreSQL', onPostgres);
  describe('the deletion of an account beside a submission', () => {
    let opened: Awaited<ReturnType<typeof onPostgres>>;
    beforeAll(async () => {
      opened = await onPostgres();
    });
    afterAll(() => opened.stop());

    /** A user, and work that can be stopped by locks of the test until `release` is called. */
    const begin = async (email: string, lock: (user: User) => RawBuilder<unknown>) => {
      const { db } = opened.database;
      const user = await new Users(db).ensure({ name: 'U', email, role: 'user', ...LIMITS });
      const holder = await db.startTransaction().execute();
      await lock(user).execute(holder);
      /** Resolves when so many statements wait for a lock, or when `work` has ended. */
      const waiting = async (count: number, work: Promise<unknown>): Promise<void> => {
        let hasEnded = false;
        const end = (): void => {
          hasEnded = true;
        };
        work.then(end, end);
        await vi.waitFor(async () => {
          const { rows } = await sql`select from pg_locks where not granted`.execute(db);
          expect(hasEnded || rows.length === count).toBe(true);
        }, 30_000);
      };
      return { db, user, waiting, release: () => holder.commit().execute() };
    };
    const pair = { source: '1.0.0.1', destination: '1.0.0.2', label: '', options: {} };

    it('deletes a batch that is being stored when the deletion begins', async () => {
      const { db, user, waiting, release } = await begin(
        'first@example.org',
        ({ id }) => sql`
          insert into requested_sizes (user_id, span, begins_at, size)
          values (${id}, 'day', date_trunc('day', ${NOW}::timestamptz, 'UTC'), 1)`,
      );
      const accepting = new Batches(db).accept(user, [pair], NOW);
      await waiting(1, accepting);
      const deleting = new Accounts(db).delete(user, NOW);
      await waiting(2, deleting);
      await release();
      expect(await accepting).toHaveProperty('id');
      await deleting;
      expect(await new Batches(db).latestOf(user.id)).toEqual([]);
      expect(await db.selectFrom('measurements').selectAll().execute()).toEqual([]);
    });

    it('refuses a batch that waits until the deletion has ended', async () => {
      const { db, user, waiting, release } = await begin(
        'second@example.org',
        ({ id }) => sql`select from users where id = ${id} for key share`,
      );
      const deleting = new Accounts(db).delete(user, NOW);
      await waiting(1, deleting);
      const accepting = new Batches(db).accept(user, [pair], NOW);
      const refused = expect(accepting).rejects.toMatchObject({ code: 'userDisabled' });
      await waiting(2, accepting);
      await release();
      await deleting;
      await refused;
      expect(await new Batches(db).latestOf(user.id)).toEqual([]);
    });
  });
}
