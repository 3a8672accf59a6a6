import {
  ApiKeys,
  generateApiKey,
  generateToken,
  hashApiKey,
  hashToken,
  Sessions,
  type User,
  Users,
} from '@revtr/storage';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callerOf, installAccess } from '../src/api/http/access.ts';
import { Authenticator } from '../src/api/http/authenticate.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { SESSION_IDLE_MS, SESSION_MS } from '../src/api/http/session-cookie.ts';
import { Visitors } from '../src/api/http/visitors.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const LIMITS = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };

describe('access to routes', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let app: FastifyInstance;
  let authenticator: Authenticator;
  let visitors: Visitors;
  let user: User;
  let keys: ApiKeys;
  let looks: number;
  beforeEach(async () => {
    clock = new ManualClock();
    looks = 0;
    const { db } = database();
    keys = new ApiKeys(db);
    const find = keys.findValid.bind(keys);
    vi.spyOn(keys, 'findValid').mockImplementation((...args) => {
      looks++;
      return find(...args);
    });
    user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...LIMITS });
    authenticator = new Authenticator(
      { publicUrl: 'https://revtr.example' },
      { keys, sessions: new Sessions(db), clock },
    );
    app = fastify();
    installErrorHandler(app);
    visitors = await Visitors.open({ measurementsPerDay: 0, publicUrl: undefined }, { users: new Users(db), clock });
    installAccess(app, { authenticator, auditEvents: { count: () => undefined }, visitors });
    app.get('/read', { config: { access: 'read' } }, (request) => callerOf(request).user);
    app.post('/host', { config: { access: 'host' } }, () => ({}));
  });
  afterEach(() => app.close());

  const addKey = async (options = {}): Promise<string> => {
    const key = generateApiKey();
    await new Users(database().db).addKey(user.id, hashApiKey(key), options);
    return key;
  };
  const statusOf = async (key: string, remoteAddress = '192.0.2.1'): Promise<number> =>
    (await app.inject({ url: '/read', headers: { 'revtr-key': key }, remoteAddress })).statusCode;

  it('keeps answers to a key out of caches, and refusals too', async () => {
    for (const headers of [{ 'revtr-key': await addKey() }, {}])
      expect((await app.inject({ url: '/read', headers })).headers['cache-control']).toBe('no-store');
  });

  it('asks the database once in ten seconds for each key, and notices an expiry at once', async () => {
    const key = await addKey({ expiresAt: new Date(clock.now() + 15_000) });
    for (let i = 0; i < 5; i++) expect(await statusOf(key)).toBe(200);
    expect(looks).toBe(1);
    await clock.advance(10_000);
    expect(await statusOf(key)).toBe(200);
    expect(looks).toBe(2);
    await clock.advance(5_000);
    expect(await statusOf(key)).toBe(401);
  });

  it('forgets a user at once when told, and elsewhere after ten seconds', async () => {
    const key = await addKey();
    expect(await statusOf(key)).toBe(200);
    const [{ id }] = await keys.of(user.id, new Date(clock.now()));
    await keys.revoke(user.id, id, new Date(clock.now()));
    expect(await statusOf(key)).toBe(200);
    await clock.advance(10_000);
    expect(await statusOf(key)).toBe(401);
    const other = await addKey();
    expect(await statusOf(other)).toBe(200);
    await keys.revoke(user.id, (await keys.of(user.id, new Date(clock.now())))[0].id, new Date(clock.now()));
    authenticator.forget(user.id);
    expect(await statusOf(other)).toBe(401);
  });

  it('does not remember an answer that was asked for before a revocation', async () => {
    const key = await addKey();
    const find = keys.findValid.bind(keys);
    vi.spyOn(keys, 'findValid').mockImplementationOnce(async (...args) => {
      const found = await find(...args);
      // The key is revoked while the answer is on its way.
      await keys.revoke(user.id, found?.key.id ?? 0, new Date(clock.now()));
      authenticator.forget(user.id);
      return found;
    });
    await statusOf(key);
    expect(await statusOf(key)).toBe(401);
  });

  it('notes the last use of a key once a minute', async () => {
    const used = vi.spyOn(keys, 'used');
    const key = await addKey();
    for (let seconds = 0; seconds < 180; seconds += 5) {
      await statusOf(key);
      await clock.advance(5_000);
    }
    expect(used).toHaveBeenCalledTimes(3);
    await Promise.all(used.mock.results.map(({ value }) => value));
    expect((await keys.of(user.id, new Date(clock.now())))[0].last_used_at).toBeInstanceOf(Date);
  });

  it('slows down a client that guesses, and no other', async () => {
    const key = await addKey();
    const guesses: number[] = [];
    for (let i = 0; i < 25; i++) guesses.push(await statusOf(`guess${i}`));
    expect(guesses.filter((status) => status === 401)).toHaveLength(20);
    expect(guesses.at(-1)).toBe(429);
    expect(await statusOf(key, '192.0.2.2')).toBe(200);
  });

  it('does not take a client for one that guesses because the database was away', async () => {
    const key = await addKey();
    vi.mocked(keys.findValid).mockRejectedValue(new Error('the database server cannot be reached'));
    for (let i = 0; i < 25; i++) expect(await statusOf(key)).toBe(500);
    vi.mocked(keys.findValid).mockReset();
    expect(await statusOf(key)).toBe(200);
  });

  it('lets a client send many requests with one key together, with one question to the database', async () => {
    const key = await addKey();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf(key)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(looks).toBe(1);
  });

  it('takes a session for its time, and not longer than a day without use', async () => {
    const begin = async (): Promise<() => Promise<number>> => {
      const token = generateToken();
      const now = new Date(clock.now());
      const expiresAt = new Date(clock.now() + SESSION_MS);
      const session = {
        userId: user.id,
        keyId: null,
        hash: hashToken(token),
        scopes: ['read'] as const,
        now,
        expiresAt,
      };
      await new Sessions(database().db).begin(session);
      const headers = { cookie: `other=1; __Host-revtr-session=${token}` };
      return async () => (await app.inject({ url: '/read', headers })).statusCode;
    };
    const idle = await begin();
    const busy = await begin();
    for (let hours = 0; hours < 7 * 24; hours += 23) {
      expect(await busy()).toBe(200);
      await clock.advance(23 * 3_600_000);
      // The last use is written while the request is answered.
      await vi.waitFor(async () => {
        const row = await database().db.selectFrom('sessions').select('last_used_at').orderBy('id', 'desc').execute();
        expect(clock.now() - row[0].last_used_at.getTime()).toBeLessThan(SESSION_IDLE_MS);
      });
    }
    expect(await idle()).toBe(401);
    expect(await busy()).toBe(401);
  });

  it('takes a change by a session from the public address only', async () => {
    const token = generateToken();
    const [now, expiresAt] = [new Date(clock.now()), new Date(clock.now() + SESSION_MS)];
    const session = { userId: user.id, keyId: null, hash: hashToken(token), scopes: ['host'] as const, now, expiresAt };
    await new Sessions(database().db).begin(session);
    const post = async (headers: Record<string, string>): Promise<number> => {
      const cookie = `__Host-revtr-session=${token}`;
      return (await app.inject({ method: 'POST', url: '/host', headers: { cookie, ...headers } })).statusCode;
    };
    expect(await post({ 'revtr-csrf': '1', origin: 'https://revtr.example' })).toBe(200);
    expect(await post({ 'revtr-csrf': '1', origin: 'https://revtr.example.evil.example' })).toBe(403);
    expect(await post({ 'revtr-csrf': '1', origin: 'http://revtr.example' })).toBe(403);
    expect(await post({ origin: 'https://revtr.example' })).toBe(403);
  });

  it('is stated by every route', async () => {
    const careless = fastify();
    installAccess(careless, { authenticator, auditEvents: { count: () => undefined }, visitors });
    expect(() => careless.get('/open', () => ({}))).toThrow('does not say who may use it');
    await careless.close();
  });
});
