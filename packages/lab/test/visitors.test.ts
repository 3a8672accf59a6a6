import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './system.ts';

const A_DAY = 3;

describe('people without an account', () => {
  let system: TestSystem;
  beforeAll(async () => {
    system = await startTestSystem({ visitorMeasurementsPerDay: A_DAY, trustProxy: ['127.0.0.1'] });
  });
  afterAll(() => system?.stop());

  /** Sends a request without a key from a client address. */
  const send = (path: string, client: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${system.url}${path}`, {
      headers: { 'x-forwarded-for': client, ...headers },
      ...(body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const jsonOf = async (answer: Response) => JSON.parse(await answer.text());
  const codeOf = async (answer: Response): Promise<unknown> => (await jsonOf(answer)).error?.code;
  const pair = (i = 0) => ({ src: system.source, dst: system.destinations[i] });
  const measure = (client: string, body: unknown = { revtrs: [pair()] }, headers = {}) =>
    send('/api/v1/revtr', client, body, headers);

  it('measure and read one pair at a time, as often as a client address may', async () => {
    const answer = await measure('192.0.2.1');
    expect(answer.status).toBe(200);
    const id = new URL((await jsonOf(answer)).result_uri).searchParams.get('batchid');
    const stream = await (await send(`/api/v2/batches/${id}/events`, '192.0.2.1')).text();
    expect(stream).toContain('event: complete');
    const batch = await jsonOf(await send(`/api/v2/batches/${id}`, '198.51.100.9'));
    expect(batch.measurements[0].result.hops.length).toBeGreaterThan(1);
    const [{ id: measurement }] = batch.measurements;
    expect((await send(`/api/v2/measurements/${measurement}`, '198.51.100.9')).status).toBe(200);

    for (let i = 1; i < A_DAY; i++) expect((await measure('192.0.2.1')).status).toBe(200);
    const refused = await measure('192.0.2.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect((await measure('192.0.2.2')).status).toBe(200);
  });

  it('measure to public sources only', async () => {
    const { accounts } = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const listed = async () =>
      (await jsonOf(await send('/api/v1/sources', '192.0.2.3'))).srcs.map(({ ip }: { ip: string }) => ip);
    expect(await listed()).toContain(system.source);
    await accounts.setVisibility(system.source, 'private');
    try {
      expect(await listed()).not.toContain(system.source);
      const answer = await measure('192.0.2.3');
      expect(answer.status).toBe(400);
      expect((await jsonOf(answer)).error.details[0].code).toBe('unknownSource');
    } finally {
      await accounts.setVisibility(system.source, 'public');
    }
  });

  it('submit neither several pairs, nor large bodies, nor from pages of other sites', async () => {
    expect(await codeOf(await measure('192.0.2.4', { revtrs: [pair(0), pair(1)] }))).toBe('forbidden');
    expect(await codeOf(await measure('192.0.2.4', `{"revtrs":[]}${' '.repeat(5_000)}`))).toBe('bodyTooLarge');
    expect(await codeOf(await measure('192.0.2.4', undefined, { 'sec-fetch-site': 'cross-site' }))).toBe('forbidden');
    const chunked = await fetch(`${system.url}/api/v1/revtr`, {
      method: 'POST',
      headers: { 'x-forwarded-for': '192.0.2.4' },
      body: new Blob([JSON.stringify({ revtrs: [pair()] })]).stream(),
      duplex: 'half',
    });
    expect(await codeOf(chunked)).toBe('bodyTooLarge');
    expect((await measure('192.0.2.4')).status).toBe(200);
  });

  it('set no options that make a measurement costly', async () => {
    const costly = [
      { maxSpoofers: 250 },
      { useTimestamp: true },
      { heuristicsOptions: { useDoubleStamp: true } },
      { atlasOptions: { useAtlas: false } },
      { atlas_options: { staleness: 0 } },
    ];
    for (const options of costly)
      expect(await codeOf(await measure('192.0.2.8', { revtrs: [{ ...pair(), ...options }] }))).toBe('forbidden');
    const permitted = { isRunForwardTraceroute: true, isRunRttPings: true, useCache: false };
    const symmetryOptions = { isAllowInterdomainSymmetry: true };
    const answer = await measure('192.0.2.8', { revtrs: [{ ...pair(), ...permitted, symmetryOptions }] });
    expect(answer.status).toBe(200);
  });

  it('take no event streams of users', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    await client.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'test' });
    const leave = new AbortController();
    try {
      const id = new URL((await jsonOf(await measure('192.0.2.9'))).result_uri).searchParams.get('batchid');
      const open = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(`${system.url}/api/v2/batches/${id}/events`, { headers, signal: leave.signal })).status;
      const statuses = await Promise.all(Array.from({ length: 21 }, () => open({ 'x-forwarded-for': '192.0.2.9' })));
      expect(statuses.filter((status) => status === 429)).toHaveLength(1);
      expect(await open({ 'revtr-key': system.key, 'x-forwarded-for': '192.0.2.9' })).toBe(200);
    } finally {
      leave.abort();
      await client.fleet.resumeProbes('probing');
    }
  });

  it('may ask for the head of an answer', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.10' };
    expect((await fetch(`${system.url}/api/v1/sources`, { method: 'HEAD', headers })).status).toBe(200);
  });

  it('read nothing of others, and nothing else of the API', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const { batchId } = await client.submit([pair()]);
    expect((await send(`/api/v2/batches/${batchId}`, '192.0.2.5')).status).toBe(404);
    expect((await send(`/api/v2/batches/${batchId}/events`, '192.0.2.5')).status).toBe(404);
    const paths = [
      '/api/v2/account',
      '/api/v2/keys',
      '/api/v2/agents',
      '/api/v2/measurements?label=x',
      '/api/v2/users',
      `/api/v1/revtr?batchid=${batchId}`,
    ];
    for (const path of paths) expect((await send(path, '192.0.2.5')).status, path).toBe(401);
    expect((await send('/api/v1/sources', '192.0.2.5', undefined, { 'revtr-key': 'revtr_wrong' })).status).toBe(401);
  });

  it('are found in the audit by their client address', async () => {
    await measure('192.0.2.6');
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key: system.key });
    await expect
      .poll(async () => (await fleet.auditEvents({ kind: 'visitorBatch', client: '192.0.2.6' })).length)
      .toBe(1);
  });

  it('may be stopped by disabling their account', async () => {
    const { accounts } = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const [visitors] = await accounts.users({ email: 'visitors@revtr.invalid' });
    await accounts.changeUser(visitors.id, { disabled: true });
    await expect.poll(async () => (await send('/api/v1/sources', '192.0.2.7')).status, { timeout: 15_000 }).toBe(401);
  });
});

describe('without the setting', () => {
  it('nothing is open to people without an account', async () => {
    const system = await startTestSystem();
    try {
      expect((await fetch(`${system.url}/api/v1/sources`)).status).toBe(401);
      const body = JSON.stringify({ revtrs: [{ src: system.source, dst: system.destinations[0] }] });
      expect((await fetch(`${system.url}/api/v1/revtr`, { method: 'POST', body })).status).toBe(401);
    } finally {
      await system.stop();
    }
  });
});
