import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClientError, ReverseTracerouteClient, type Watch, type WatchRun } from '@revtr/client';
import { DEFAULT_WATCHES } from '@revtr/controller';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const PER_USER = 3;

let system: TestSystem;
let hook: Server;
let hookUrl: string;
let hookStatus = 204;
const received: { readonly headers: Record<string, string>; readonly body: string }[] = [];
beforeAll(async () => {
  system = await startTestSystem({ watches: { ...DEFAULT_WATCHES, perUser: PER_USER, allowsInternalWebhooks: true } });
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      received.push({ headers, body });
      response.writeHead(hookStatus).end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  hook?.close();
  await system?.stop();
});

const clientWith = (key: string): ReverseTracerouteClient => new ReverseTracerouteClient({ server: system.url, key });
const newClient = async (name: string, perDay = 10_000): Promise<ReverseTracerouteClient> =>
  clientWith(
    await addUser(system, `${name}@revtr.example`, { max_per_day: perDay, max_per_minute: 100, max_parallel: 100 }),
  );
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof ClientError ? error.answer?.serverCode : error),
  );
const request = (more: object = {}) => ({ source: system.source, destination: system.destinations[0], ...more });
/** The first run of a watch, once it has ended. */
const firstRun = (client: ReverseTracerouteClient, { id }: Watch): Promise<WatchRun> =>
  vi.waitFor(
    async () => {
      const run = (await client.watches.runs(id)).at(-1);
      if (run === undefined || run.outcome === 'running') throw new Error('the run has not ended');
      return run;
    },
    { timeout: 60_000, interval: 100 },
  );

describe('a watch', () => {
  it('measures at once, and keeps what it shows', async () => {
    const client = await newClient('first');
    const watch = await client.watches.create(request({ name: 'office' }));
    expect(watch).toMatchObject({
      name: 'office',
      intervalSeconds: 900,
      state: 'active',
      alerts: { mail: false, webhook: null },
    });
    const run = await firstRun(client, watch);
    expect(run).toMatchObject({ outcome: 'measured', verdict: 'first', path: 1, isConfirmation: false });
    const measurement = await client.measurement(run.measurementId ?? 0);
    expect(measurement).toMatchObject({ source: system.source, destination: system.destinations[0], state: 'done' });
    expect(measurement.result?.reused).toBeUndefined();
    expect(await client.watches.changes(watch.id)).toEqual([]);
    expect(await client.batches()).toEqual([]);
  });

  it('is paused, resumed, changed and deleted by its owner, and does not exist for other users', async () => {
    const [owner, stranger] = [await newClient('owner'), await newClient('stranger')];
    const { id } = await owner.watches.create(request());
    await firstRun(owner, await owner.watches.get(id));
    expect(await owner.watches.change(id, { isPaused: true })).toMatchObject({
      state: 'paused',
      pauseReason: 'byUser',
    });
    expect(await owner.watches.change(id, { intervalSeconds: 60, name: 'lab' })).toMatchObject({
      state: 'paused',
      name: 'lab',
    });
    expect(await owner.watches.change(id, { isPaused: false })).toMatchObject({ state: 'active', intervalSeconds: 60 });
    const { watches } = stranger;
    const calls = [
      () => watches.get(id),
      () => watches.change(id, { isPaused: true }),
      () => watches.delete(id),
      () => watches.test(id),
      () => watches.runs(id),
      () => watches.changes(id),
      () => watches.alerts(id),
    ];
    for (const call of calls) expect(await codeOf(call())).toBe('notFound');
    // An operator may look, and may not change.
    const operator = clientWith(system.key);
    expect(await operator.watches.get(id)).toMatchObject({ id });
    expect(await codeOf(operator.watches.delete(id))).toBe('notFound');
    await owner.watches.delete(id);
    expect(await owner.watches.list()).toEqual([]);
  });

  it('keeps to the limits of its user', async () => {
    const client = await newClient('busy', 200);
    expect(await codeOf(client.watches.create(request({ intervalSeconds: 300 })))).toBe('conflict');
    const { id } = await client.watches.create(request({ intervalSeconds: 600 }));
    expect(await codeOf(client.watches.change(id, { intervalSeconds: 60 }))).toBe('conflict');
    expect((await client.watches.get(id)).intervalSeconds).toBe(600);
    for (let i = 1; i < PER_USER; i++) await client.watches.create(request({ intervalSeconds: 86_400 }));
    expect(await codeOf(client.watches.create(request({ intervalSeconds: 86_400 })))).toBe('conflict');
    // The limit is checked before a name is resolved, which would fail.
    const unresolvable = request({ intervalSeconds: 86_400, destination: 'no-such-host.example' });
    expect(await codeOf(client.watches.create(unresolvable))).toBe('conflict');
    expect(await client.watches.list()).toHaveLength(PER_USER);
  });

  it.each<[string, object, string]>([
    ['an unknown source', { source: '8.8.8.8' }, 'invalidPairs'],
    ['a private destination', { destination: '10.0.0.1' }, 'invalidPairs'],
    ['a name that does not resolve', { destination: 'no-such-host.example' }, 'invalidPairs'],
    ['an interval of less than a minute', { intervalSeconds: 59 }, 'badRequest'],
    ['an interval of more than a day', { intervalSeconds: 86_401 }, 'badRequest'],
    ['an unknown kind of change', { alerts: { on: ['weather'] } }, 'badRequest'],
    ['a webhook that is no URL', { alerts: { webhook: 'hooks' } }, 'badRequest'],
    ['a name of two lines', { name: 'a\nb' }, 'badRequest'],
  ])('is refused with %s', async (_, change, code) => {
    const client = clientWith(system.key);
    expect(await codeOf(client.watches.create(request(change)))).toBe(code);
  });

  it('pages its history by a cursor', async () => {
    const client = await newClient('pages');
    const watch = await client.watches.create(request());
    await firstRun(client, watch);
    await client.watches.change(watch.id, { isPaused: true });
    await client.watches.change(watch.id, { isPaused: false });
    await vi.waitFor(async () => expect((await client.watches.runs(watch.id)).length).toBe(2), { timeout: 60_000 });
    const [newest] = await client.watches.runs(watch.id, { limit: 1 });
    const [oldest, ...others] = await client.watches.runs(watch.id, { limit: 1, before: newest.id });
    expect([others, oldest.id < newest.id]).toEqual([[], true]);
    expect(await client.watches.runs(watch.id, { before: oldest.id })).toEqual([]);
  });
});

describe('the webhook of a watch', () => {
  it('gets signed messages, and a new secret whenever it is set', async () => {
    const client = await newClient('hook');
    const watch = await client.watches.create(request({ alerts: { webhook: hookUrl } }));
    expect(watch.webhookSecret).toMatch(/^whsec_/);
    expect((await client.watches.get(watch.id)).webhookSecret).toBeUndefined();
    expect(await client.watches.test(watch.id)).toEqual({ delivered: true, status: 204 });
    const { headers, body } = received.at(-1) ?? { headers: {}, body: '' };
    expect(new Webhook(watch.webhookSecret ?? '').verify(body, headers)).toMatchObject({
      type: 'watch.test',
      data: { watch: { id: watch.id, destination: watch.destination } },
    });
    const { webhookSecret: next } = await client.watches.change(watch.id, { alerts: { webhook: hookUrl } });
    expect(next).not.toBe(watch.webhookSecret);
    hookStatus = 500;
    expect(await client.watches.test(watch.id)).toMatchObject({ delivered: false, status: 500 });
    hookStatus = 204;
    expect((await client.watches.alerts(watch.id)).map(({ type, state, attempts }) => [type, state, attempts])).toEqual(
      [
        ['watch.test', 'dead', 1],
        ['watch.test', 'delivered', 1],
      ],
    );
    await client.watches.change(watch.id, { alerts: { webhook: null } });
    expect(await codeOf(client.watches.test(watch.id))).toBe('conflict');
  });

  it('gets a message when the watch is paused, because its key was revoked', async () => {
    const client = await newClient('revoked');
    const { key } = await client.accounts.createKey({ name: 'watch' });
    const watch = await clientWith(key).watches.create(request({ intervalSeconds: 60, alerts: { webhook: hookUrl } }));
    const [own] = (await client.accounts.keys()).filter(({ name }) => name === 'watch');
    await firstRun(client, watch);
    await client.accounts.revokeKey(own.id);
    // A change of the interval makes the next run due at once.
    await client.watches.change(watch.id, { intervalSeconds: 3_600 });
    await client.watches.change(watch.id, { intervalSeconds: 60 });
    await vi.waitFor(
      async () =>
        expect(await client.watches.get(watch.id)).toMatchObject({ state: 'paused', pauseReason: 'keyRevoked' }),
      { timeout: 30_000 },
    );
    await vi.waitFor(() => {
      const { body } = received.at(-1) ?? { body: '{}' };
      expect(JSON.parse(body)).toMatchObject({ type: 'watch.paused', data: { reason: 'keyRevoked' } });
    });
    expect(await client.watches.change(watch.id, { isPaused: false })).toMatchObject({ state: 'active' });
  });
});
