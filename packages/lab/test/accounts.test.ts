import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import { generateApiKey, hashApiKey } from '@revtr/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
let operator: ReverseTracerouteClient;
let stranger: ReverseTracerouteClient;
beforeAll(async () => {
  system = await startTestSystem();
  operator = clientWith(system.key);
  stranger = clientWith('');
});
afterAll(() => system.stop());

const clientWith = (key: string): ReverseTracerouteClient => new ReverseTracerouteClient({ server: system.url, key });
const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof ClientError ? error.serverCode : String(error)),
  );
/** The token of the newest link that was mailed to an address. */
const tokenFor = async (email: string): Promise<string> => {
  const mail = (await operator.fleet.mails()).find(({ recipient, hasLink }) => recipient === email && hasLink);
  return (await operator.accounts.mailWithLink(mail?.id ?? 0)).token;
};
let invited = 0;
const newUser = async (): Promise<{
  readonly client: ReverseTracerouteClient;
  readonly id: number;
  readonly email: string;
  readonly key: string;
}> => {
  const email = `user${invited++}@revtr.example`;
  const { id } = await operator.accounts.invite({ email, name: 'User', role: 'user' });
  const { key = '' } = await stranger.accounts.redeem(await tokenFor(email));
  return { client: clientWith(key), id, email, key };
};
const measure = (client: ReverseTracerouteClient) =>
  client.submit([{ src: system.source, dst: system.destinations[0] }]);

describe('API keys', () => {
  it('come with an invitation, and let a new user submit a batch of the largest size', async () => {
    const { client, id } = await newUser();
    expect(await client.accounts.account()).toMatchObject({ id, role: 'user', scopes: ['read', 'measure', 'host'] });
    const pairs = Array.from({ length: 5_000 }, (_, i) => ({
      src: system.source,
      dst: system.destinations[i % system.destinations.length],
    }));
    expect((await client.submit(pairs)).rejected).toEqual([]);
  });

  it('let a new user run the batch launcher of the original: five batches of 1,000, fetched by label while they run', async () => {
    const { client, key } = await newUser();
    const launched: string[] = [];
    for (let batch = 0; batch < 5; batch++) {
      const revtrs = Array.from({ length: 1_000 }, (_, i) => ({
        src: system.source,
        dst: system.destinations[(batch + i) % system.destinations.length],
        label: `round_${batch}`,
      }));
      const response = await fetch(`${system.url}/api/v1/revtr`, {
        method: 'POST',
        headers: { 'Revtr-Key': key },
        body: JSON.stringify({ revtrs }),
      });
      expect(response.status).toBe(200);
      launched.push(z.strictObject({ result_uri: z.url() }).parse(await response.json()).result_uri);
    }
    const { revtrs } = await client.revtrs({ label: 'round_4' });
    expect(revtrs).toHaveLength(1_000);
    expect(revtrs.map(({ status }) => status)).toContain('RUNNING');
    // Clients of the original read both without looking at the status.
    for (const { stopReason, path } of revtrs) {
      expect(typeof stopReason).toBe('string');
      expect(Array.isArray(path)).toBe(true);
    }
    for (const uri of launched) await client.cancel(Number(new URL(uri).searchParams.get('batchid')));
  });

  it('permit what their scopes say, and nothing else', async () => {
    const { client } = await newUser();
    const scoped = async (...scopes: ('read' | 'measure' | 'host' | 'operate')[]) =>
      clientWith((await client.accounts.createKey({ name: scopes.join(), scopes })).key);
    const [read, measuring, host] = [await scoped('read'), await scoped('measure'), await scoped('host')];
    const codes = async (someone: ReverseTracerouteClient) =>
      Promise.all(
        [
          someone.sources(),
          measure(someone),
          someone.fleet.estimateAtlas(system.source),
          someone.accounts.keys(),
          someone.accounts.createKey({ name: 'more', scopes: ['read'] }),
          someone.accounts.delete('user@revtr.example'),
          someone.accounts.users(),
        ].map(codeOf),
      );
    const denied = 'forbidden';
    expect(await codes(read)).toEqual([undefined, denied, denied, denied, denied, denied, denied]);
    expect(await codes(measuring)).toEqual([denied, undefined, denied, denied, denied, denied, denied]);
    expect(await codes(host)).toEqual([denied, denied, 'notFound', denied, denied, denied, denied]);
    expect(await codeOf(client.accounts.createKey({ name: 'o', scopes: ['operate'] }))).toBe(denied);
  });

  it('without the scope operate give an operator the rights of a user', async () => {
    const { key } = await operator.accounts.createKey({ name: 'daily', scopes: ['read', 'measure', 'host'] });
    const daily = clientWith(key);
    const { client } = await newUser();
    const { batchId } = await measure(client);
    expect(await codeOf(operator.batch(batchId))).toBeUndefined();
    expect(await codeOf(daily.batch(batchId))).toBe('notFound');
    expect(await codeOf(daily.accounts.users())).toBe('forbidden');
    const own = (await operator.accounts.keys()).find(({ scopes }) => scopes.includes('operate'));
    // A key cannot be exchanged for one that permits more.
    expect(await codeOf(daily.accounts.rotateKey(own?.id ?? 0))).toBe('forbidden');
    expect(await codeOf(daily.accounts.createKey({ name: 'x', scopes: ['operate'] }))).toBe('forbidden');
    // Nor can it take the operator's other keys away.
    expect(await codeOf(daily.accounts.revokeKey(own?.id ?? 0))).toBe('forbidden');
    expect(await codeOf(operator.accounts.users())).toBeUndefined();
  });

  it('stop working at once when they are revoked, and belong to their user alone', async () => {
    const [{ client, key }, other] = [await newUser(), await newUser()];
    const { id, key: second } = await client.accounts.createKey({ name: 'second' });
    const revoked = clientWith(second);
    expect(await revoked.sources()).toHaveLength(2);
    expect(await codeOf(other.client.accounts.revokeKey(id))).toBe('notFound');
    expect(await codeOf(operator.accounts.revokeKey(id))).toBe('notFound');
    expect(await codeOf(other.client.accounts.rotateKey(id))).toBe('notFound');
    await client.accounts.revokeKey(id);
    expect(await codeOf(revoked.sources())).toBe('unauthorized');
    expect(await codeOf(client.accounts.revokeKey(id))).toBe('notFound');
    const listed = await client.accounts.keys();
    expect(listed).toMatchObject([{ isCurrent: true, lastUsedAt: expect.any(String) }]);
    expect(JSON.stringify(listed)).not.toContain(key.slice(6));
  });

  it('are rotated: the old one works for the grace time', async () => {
    const { client } = await newUser();
    const [{ id }] = await client.accounts.keys();
    const renewed = clientWith((await client.accounts.rotateKey(id, 1)).key);
    expect(await codeOf(client.sources())).toBeUndefined();
    expect((await renewed.accounts.keys()).map(({ expiresAt }) => expiresAt !== undefined)).toEqual([false, true]);
    await renewed.accounts.rotateKey(id, 0);
    expect(await codeOf(client.sources())).toBe('unauthorized');
    expect(await codeOf(renewed.accounts.createKey({ name: 'late', expiresAt: '2020-01-01T00:00:00Z' }))).toBe(
      'badRequest',
    );
  });
});

describe('an API key that an operator has stopped', () => {
  it('gives no other key, and neither does a session that began with it', async () => {
    const { client, key } = await newUser();
    const [{ id }] = await client.accounts.keys();
    const other = await client.accounts.createKey({ name: 'other' });
    const logIn = await fetch(`${system.url}/api/v2/sessions`, {
      method: 'POST',
      headers: { origin: system.url },
      body: JSON.stringify({ key }),
    });
    const cookie = (logIn.headers.get('set-cookie') ?? '').split(';')[0];
    const createByPage = async (): Promise<number> =>
      (
        await fetch(`${system.url}/api/v2/keys`, {
          method: 'POST',
          headers: { cookie, 'revtr-csrf': '1', origin: system.url },
          body: JSON.stringify({ name: 'from a page' }),
        })
      ).status;
    expect(await createByPage()).toBe(201);
    await operator.fleet.stopProbes({ scope: 'key', subject: String(id), reason: 'stolen' });
    expect(await codeOf(client.accounts.createKey({ name: 'more' }))).toBe('forbidden');
    expect(await codeOf(client.accounts.rotateKey(other.id))).toBe('forbidden');
    expect(await codeOf(client.accounts.rotateKey(id))).toBe('forbidden');
    expect(await createByPage()).toBe(403);
    expect(await codeOf(clientWith(other.key).accounts.rotateKey(id))).toBe('conflict');
    expect(await codeOf(clientWith(other.key).accounts.createKey({ name: 'more' }))).toBeUndefined();
    await operator.fleet.resumeProbes('key', String(id));
    expect(await codeOf(client.accounts.createKey({ name: 'more' }))).toBeUndefined();
  });
});

describe('operators', () => {
  it('change limits, and disable and enable users, at once', async () => {
    const { client, id, email } = await newUser();
    await measure(client);
    expect(await operator.accounts.changeUser(id, { limits: { perDay: 1 } })).toMatchObject({ limits: { perDay: 1 } });
    expect(await codeOf(measure(client))).toBe('quotaPerDay');
    expect(await operator.accounts.users({ email: email.toUpperCase() })).toMatchObject([{ id }]);
    await operator.accounts.changeUser(id, { disabled: true });
    expect(await codeOf(client.sources())).toBe('unauthorized');
    await operator.accounts.changeUser(id, { disabled: false });
    expect(await codeOf(client.sources())).toBeUndefined();
    expect(await codeOf(client.accounts.changeUser(id, { role: 'operator' }))).toBe('forbidden');
    expect(await codeOf(operator.accounts.changeUser(4_711, {}))).toBe('notFound');
  });

  it('cancel the open batches of a user whom they disable', async () => {
    const { client, id } = await newUser();
    const pairs = Array.from({ length: 5_000 }, (_, i) => ({
      src: system.source,
      dst: system.destinations[i % system.destinations.length],
    }));
    const { batchId } = await client.submit(pairs);
    await operator.accounts.changeUser(id, { disabled: true });
    const { total, done, measurements } = await operator.wait(batchId);
    expect([total, done]).toEqual([5_000, 5_000]);
    expect(measurements.some(({ result }) => result?.stopReason === 'cancelled')).toBe(true);
  });

  it('do not lock themselves out', async () => {
    const { id } = await operator.accounts.account();
    expect(await codeOf(operator.accounts.changeUser(id, { role: 'user' }))).toBe('conflict');
    expect(await codeOf(operator.accounts.changeUser(id, { disabled: true }))).toBe('conflict');
    expect(await codeOf(operator.accounts.delete('lab@revtr.example'))).toBe('conflict');
  });

  it('invite an e-mail address once, and mail another link when keys are lost', async () => {
    const { id, email } = await newUser();
    expect(await codeOf(operator.accounts.invite({ email, name: 'Again', role: 'user' }))).toBe('conflict');
    await operator.accounts.mailKeyLink(id);
    const { key = '' } = await stranger.accounts.redeem(await tokenFor(email));
    expect((await clientWith(key).accounts.account()).id).toBe(id);
  });

  it('alone see users and invite them', async () => {
    const { client, id } = await newUser();
    const attempts = [
      client.accounts.users(),
      client.accounts.invite({ email: 'x@revtr.example', name: 'X', role: 'operator' }),
      client.accounts.mailKeyLink(id),
      client.accounts.mailWithLink(1),
    ];
    expect(new Set(await Promise.all(attempts.map(codeOf)))).toEqual(new Set(['forbidden']));
  });
});

describe('registration', () => {
  it('is closed unless the operator opens it', async () => {
    expect(await codeOf(stranger.accounts.register({ name: 'N', email: 'n@revtr.example' }))).toBe('forbidden');
  });
});

describe('an account', () => {
  it('is exported whole, and deleted with everything that belongs to it', async () => {
    const { client, email } = await newUser();
    const { batchId } = await measure(client);
    await client.wait(batchId);
    const address = '9.9.9.9';
    const { id } = await client.fleet.apply({ address, hosting: 'h', reason: 'r' });
    await operator.fleet.approve(id);
    const types: string[] = [];
    for await (const { type } of client.accounts.export()) types.push(type);
    expect([...new Set(types)]).toEqual(['account', 'key', 'application', 'agent', 'mail', 'batch', 'measurement']);
    expect(await codeOf(client.accounts.delete('other@revtr.example'))).toBe('badRequest');
    await client.accounts.delete(email);
    expect(await codeOf(client.sources())).toBe('unauthorized');
    expect(await codeOf(operator.batch(batchId))).toBe('notFound');
    expect(await operator.accounts.users({ email })).toEqual([]);
    expect(await operator.fleet.agent(address)).toMatchObject({ state: 'withdrawn' });
    expect((await operator.fleet.mails()).filter(({ recipient }) => recipient === email)).toEqual([]);
  });
});

describe('an account that is deleted while its measurements run', () => {
  it('leaves nothing behind, and does not disturb others', async () => {
    const [{ client, email }, other] = [await newUser(), await newUser()];
    const pairs = Array.from({ length: 2_000 }, (_, i) => ({
      src: system.source,
      dst: system.destinations[i % system.destinations.length],
    }));
    const { batchId } = await client.submit(pairs);
    await client.accounts.delete(email);
    expect(await codeOf(operator.batch(batchId))).toBe('notFound');
    const later = await measure(other.client);
    expect(await other.client.wait(later.batchId)).toMatchObject({ total: 1, done: 1 });
  });
});

describe('a source', () => {
  it('is for those only whom its host permits', async () => {
    const [host, friend, other] = [await newUser(), await newUser(), await newUser()];
    const [, source] = await operator.sources();
    const ip = source.ip ?? '';
    await system.controller.agents.change(system.world.sources[1].address, { user_id: host.id });
    const sees = async ({ client }: { readonly client: ReverseTracerouteClient }): Promise<boolean> => {
      const listed = (await client.sources()).some((shown) => shown.ip === ip);
      const refused = await codeOf(client.submit([{ src: ip, dst: system.destinations[1] }]));
      expect(refused).toBe(listed ? undefined : 'invalidPairs');
      return listed;
    };
    const everybody = async (): Promise<boolean[]> =>
      Promise.all([host, friend, other, { client: operator }].map((someone) => sees(someone)));
    expect(await everybody()).toEqual([true, true, true, true]);
    await host.client.accounts.setVisibility(ip, 'private');
    expect(await everybody()).toEqual([true, false, false, true]);
    const shared = await host.client.accounts.setVisibility(ip, 'shared', [friend.email.toUpperCase()]);
    expect(shared).toEqual({ address: ip, visibility: 'shared', users: [friend.email] });
    expect(await everybody()).toEqual([true, true, false, true]);
    expect(await codeOf(other.client.accounts.visibility(ip))).toBe('notFound');
    expect(await codeOf(friend.client.accounts.setVisibility(ip, 'public'))).toBe('notFound');
  });
});

describe('a session of a browser', () => {
  const send = (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Response> =>
    fetch(`${system.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const cookieOf = (response: Response): string => (response.headers.get('set-cookie') ?? '').split(';')[0];
  const logIn = async (key: string): Promise<string> => {
    const response = await send('POST', '/api/v2/sessions', { origin: system.url }, { key });
    expect(response.status).toBe(200);
    return cookieOf(response);
  };

  it('begins with a key, in a cookie that scripts and other sites cannot use', async () => {
    const { key } = await newUser();
    const response = await send('POST', '/api/v2/sessions', { origin: system.url }, { key });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-revtr-session=[\w-]{32}; /);
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Max-Age=604800'])
      expect(cookie.split('; ')).toContain(attribute);
    expect((await send('GET', '/api/v2/account', { cookie: cookieOf(response) })).status).toBe(200);
    expect((await send('POST', '/api/v2/sessions', {}, { key: 'revtr_wrong' })).status).toBe(401);
  });

  it('changes nothing for a page of another origin', async () => {
    const { key } = await newUser();
    const cookie = await logIn(key);
    const create = async (headers: Record<string, string>): Promise<number> =>
      (await send('POST', '/api/v2/keys', { cookie, ...headers }, { name: 'from a page' })).status;
    const own = { 'revtr-csrf': '1', origin: system.url };
    expect(await create(own)).toBe(201);
    expect(await create({ ...own, 'sec-fetch-site': 'same-origin' })).toBe(201);
    expect(await create({ origin: system.url })).toBe(403);
    expect(await create({ ...own, origin: 'https://evil.example' })).toBe(403);
    expect(await create({ ...own, origin: 'null' })).toBe(403);
    expect(await create({ ...own, 'sec-fetch-site': 'same-site' })).toBe(403);
    // Nor can a page log its reader in as somebody else.
    const foreign = await send('POST', '/api/v2/sessions', { origin: 'https://evil.example' }, { key });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
  });

  it('ends when the browser logs out, and with the key that began it', async () => {
    const { client, key } = await newUser();
    const { id, key: second } = await client.accounts.createKey({ name: 'browser' });
    const statusOf = async (cookie: string) => (await send('GET', '/api/v2/account', { cookie })).status;
    const [ended, byKey] = [await logIn(key), await logIn(second)];
    expect([await statusOf(ended), await statusOf(byKey)]).toEqual([200, 200]);
    await send('DELETE', '/api/v2/sessions', { cookie: ended, 'revtr-csrf': '1', origin: system.url });
    expect([await statusOf(ended), await statusOf(byKey)]).toEqual([401, 200]);
    await client.accounts.revokeKey(id);
    expect(await statusOf(byKey)).toBe(401);
  });

  it('has a page for mailed links, whose address keeps the token from servers', async () => {
    const page = await send('GET', '/confirm', {});
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('confirm.js');
    const script = await (await send('GET', '/confirm.js', {})).text();
    expect(() => new Function(script)).not.toThrow();
  });

  it('is not told from one that cannot begin, when a link is asked for', async () => {
    const { email } = await newUser();
    const answers = await Promise.all(
      [email, 'nobody@revtr.example'].map((address) => send('POST', '/api/v2/sessions/link', {}, { email: address })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(await answers[0].text()).toBe(await answers[1].text());
    const [mail] = (await operator.fleet.mails()).filter(({ recipient }) => recipient === email);
    expect(mail).toMatchObject({ hasLink: true, subject: expect.stringContaining('log in') });
    // The operator cannot log in as somebody else.
    expect(await codeOf(operator.accounts.mailWithLink(mail.id))).toBe('conflict');
  });
});

describe('an account that an operator has stopped', () => {
  it('cannot be deleted, so that its owner cannot begin again under another number', async () => {
    const { client, email } = await newUser();
    const { id } = await client.accounts.account();
    await operator.fleet.stopProbes({ scope: 'user', subject: String(id), reason: 'a test' });
    expect(await codeOf(client.accounts.delete(email))).toBe('conflict');
    await operator.fleet.resumeProbes('user', String(id));
    await client.accounts.delete(email);
    expect(await codeOf(client.accounts.account())).toBe('unauthorized');
  });

  it('has keys that are rotated without a body', async () => {
    const { client, key } = await newUser();
    const { id } = await client.accounts.createKey({ name: 'rotated' });
    const response = await fetch(`${system.url}/api/v2/keys/${id}/rotate`, {
      method: 'POST',
      headers: { 'revtr-key': key },
    });
    expect(response.status).toBe(201);
  });
});

describe('mails that strangers cause', () => {
  it('are limited for each client and for each recipient', async () => {
    const ask = async (email: string) =>
      fetch(`${system.url}/api/v2/sessions/link`, { method: 'POST', body: JSON.stringify({ email }) });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await ask(`flood${i}@revtr.example`)).status);
    expect(statuses.slice(-3)).toEqual([429, 429, 429]);
  });
});

describe('the operator whom the settings name', () => {
  it('has one key from the settings', async () => {
    const { users, keys } = system.controller;
    const { id } = await operator.accounts.account();
    const key = generateApiKey();
    expect(await keys.replaceSetting(id, hashApiKey(key), new Date(), {})).toBe(true);
    expect(await users.find(id)).toMatchObject({ role: 'operator' });
    expect(await clientWith(key).accounts.account()).toMatchObject({ id });
  });
});
