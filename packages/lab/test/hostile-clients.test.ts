import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.stop());

const MIB = 2 ** 20;

/** Sends a request with an endless chunked body over a raw connection. Returns what came back and how much could be sent. */
async function endlessBody(head: string): Promise<{ readonly answer: string; readonly sent: number }> {
  const { hostname, port } = new URL(system.url);
  const socket = connect(Number(port), hostname);
  const chunk = Buffer.alloc(MIB, 'x');
  let answer = '';
  let sent = 0;
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(`${head}\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n`);
  while (!socket.destroyed && sent < 600 * MIB) {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    const hasRoom = socket.write('\r\n');
    sent += chunk.length;
    if (!hasRoom) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
  }
  socket.destroy();
  await closed;
  return { answer, sent };
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${system.url}${path}`, {
    method: 'POST',
    headers: { 'Revtr-Key': system.key, ...headers },
    body,
  });
  const { error } = Object(await response.json());
  return { status: response.status, error: Object(error), headers: response.headers };
}

const submit = (pair: object) =>
  post('/api/v1/revtr', JSON.stringify({ revtrs: [{ src: system.source, dst: system.destinations[0], ...pair }] }));

describe('a body without a key', () => {
  it.each([
    'PUT /api/v2/datasets/hitlist HTTP/1.1\r\ncontent-type: text/plain',
    'PUT /api/v2/datasets/hitlist HTTP/1.1\r\ncontent-type: application/octet-stream',
    'POST /api/v1/revtr HTTP/1.1\r\ncontent-type: application/json',
    'POST /api/v2/opt-outs HTTP/1.1\r\ncontent-type: application/json\r\nrevtr-key: unknown',
  ])('is not read: %s', async (head) => {
    const { answer, sent } = await endlessBody(head);
    // The answer may be lost when the connection is reset while the client still sends.
    expect(answer === '' || answer.startsWith('HTTP/1.1 401')).toBe(true);
    expect(sent).toBeLessThan(32 * MIB);
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
  });

  it('is refused beyond 64 KiB where anybody may send one', async () => {
    const { status, error } = await post(
      '/api/v2/sources/applications',
      JSON.stringify({ reason: 'x'.repeat(70_000) }),
    );
    expect([status, error.code]).toEqual([413, 'bodyTooLarge']);
  });
});

describe('a dataset', () => {
  it('is taken as a file and nothing else', async () => {
    const response = await fetch(`${system.url}/api/v2/datasets/hitlist`, {
      method: 'PUT',
      headers: { 'Revtr-Key': system.key, 'content-type': 'text/plain' },
      body: 'x'.repeat(1_000),
    });
    expect(response.status).toBe(415);
    expect(Object(await response.json()).error.code).toBe('unsupportedMediaType');
  });
});

describe('text that no database can store', () => {
  it.each([
    ['a NUL character', { label: 'a\0b' }],
    ['half of a surrogate pair', { label: 'a\ud800b' }],
    ['a host name with a NUL character', { dst: 'a\0b.example' }],
  ])('is refused: %s', async (_, pair) => {
    const { status, error } = await submit(pair);
    expect([status, error.code]).toEqual([400, 'badJson']);
  });

  it('is refused in a query', async () => {
    const response = await fetch(`${system.url}/api/v1/revtr?label=%00`, { headers: { 'Revtr-Key': system.key } });
    expect(response.status).toBe(400);
  });

  it('is refused when it is nested deeply', async () => {
    for (const depth of [100, 20_000]) {
      const { status, error } = await post('/api/v1/revtr', `{"revtrs":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect([status, error.code]).toEqual([400, 'badJson']);
    }
  });
});

describe('requests that cannot succeed', () => {
  it('get the usual error body when the URL cannot be decoded', async () => {
    const response = await fetch(`${system.url}/%`);
    expect(response.status).toBe(400);
    expect(Object(await response.json()).error).toMatchObject({ code: 'badRequest', details: [] });
  });

  it.each(['/*X', '/api/v2/(', '/:a(', '/a/*b/(((a+)+)+)+', '/constructor'])(
    'get the usual answer when there is no such route: %s',
    async (path) => {
      const response = await fetch(`${system.url}${path}`);
      expect(response.status).toBe(404);
      expect(Object(await response.json()).error.code).toBe('notFound');
    },
  );

  it('are told which methods a route takes', async () => {
    const response = await fetch(`${system.url}/api/v2/opt-outs`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  });

  it('are refused when they ask for more spoofers than the engine takes', async () => {
    expect((await submit({ maxSpoofers: 251 })).status).toBe(400);
    expect((await submit({ maxSpoofers: 250 })).status).toBe(200);
  });

  it.each(['127.0.0.1', '224.0.0.1', '255.255.255.255', '10.0.0.1', '0.0.0.0'])(
    'register no vantage point at %s',
    async (address) => {
      const { status, error } = await post('/api/v2/agents', JSON.stringify({ address, hostname: 'vp.example' }));
      expect([status, error.code]).toEqual([400, 'badRequest']);
    },
  );
});

describe('clients that guess keys', () => {
  it('are slowed down, and do not lock out the owner of a good key', async () => {
    const statusOf = async (key: string) =>
      fetch(`${system.url}/api/v1/sources`, { headers: { 'Revtr-Key': key } }).then(({ status, headers }) => ({
        status,
        retryAfter: Number(headers.get('retry-after')),
      }));
    expect((await statusOf(system.key)).status).toBe(200);
    const guesses = await Promise.all(Array.from({ length: 60 }, (_, i) => statusOf(`revtr_guess_${i}`)));
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(21);
    expect(guesses.find(({ status }) => status === 429)?.retryAfter).toBeGreaterThan(0);
    expect((await statusOf(system.key)).status).toBe(200);
  });

  it('may send the key as a bearer token', async () => {
    const authorization = `Bearer ${system.key}`;
    expect((await fetch(`${system.url}/api/v1/sources`, { headers: { authorization } })).status).toBe(200);
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['GET / HTTP/1.1\r\nbad header\r\n\r\n', 400, 'not a valid HTTP request'],
    [`GET / HTTP/1.1\r\nhost: test\r\nlong: ${'x'.repeat(100_000)}\r\n\r\n`, 431, 'too large'],
  ])('is answered in the format of all errors', async (request, status, message) => {
    const { hostname, port } = new URL(system.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.write(request);
    await once(socket, 'close');
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    expect(error).toMatchObject({ code: 'badRequest', details: [] });
    expect(error.message).toContain(message);
  });
});
