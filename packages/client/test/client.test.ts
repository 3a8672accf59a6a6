import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientError, type ClientOptions, ReverseTracerouteClient } from '../src/index.ts';
import { startServer, type TestServer } from './server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<ClientOptions> = {},
): Promise<ReverseTracerouteClient> {
  server = await startServer(answer);
  return new ReverseTracerouteClient({ server: `${server.url}/`, key: 'a-key', retry: false, ...options });
}

const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const failureOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('ReverseTracerouteClient', () => {
  it('sends the key and accepts a trailing slash in the address', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response) => {
      seen.push(request.url, request.headers['revtr-key']);
      sendJson(response, 200, { srcs: [{ ip: '192.0.2.1' }] });
    });
    expect(await client.sources()).toEqual([{ ip: '192.0.2.1' }]);
    expect(seen).toEqual(['/api/v1/sources', 'a-key']);
  });

  it('reads the number of the batch from the result address', async () => {
    const client = await clientOf((_, response) =>
      sendJson(response, 200, { result_uri: 'http://192.0.2.9/api/v1/revtr?batchid=17' }),
    );
    expect(await client.submit([])).toMatchObject({ batchId: 17, rejected: [] });
  });

  it.each([
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'refused'],
    [404, 'notFound'],
    [409, 'refused'],
    [429, 'quota'],
    [500, 'failed'],
    [503, 'failed'],
  ])('turns status %i into %s with what the server says', async (status, code) => {
    const problems = [{ at: 'revtrs[0].dst', code: 'notProbed', message: 'is private' }];
    const client = await clientOf((_, response) =>
      sendJson(response, status, { error: { code: 'aCode', message: 'a message', details: problems } }),
    );
    const error = await failureOf(client.submit([]));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code, message: 'a message', details: { status, serverCode: 'aCode', problems } });
  });

  it('passes on when a quota allows the next attempt', async () => {
    const body = { error: { code: 'tooMany', message: 'later', details: [] } };
    const client = await clientOf((_, response) => sendJson(response, 429, body, { 'retry-after': '30' }));
    expect(await failureOf(client.sources())).toMatchObject({ code: 'quota', details: { retryAfterSeconds: 30 } });
  });

  it.each([
    ['HTML', '<html>'],
    ['null', 'null'],
    ['an error that is null', '{"error":null}'],
    ['an error with other types', '{"error":{"code":1,"message":{},"details":"x"}}'],
    ['nothing', ''],
  ])('describes an error answer that holds %s by its status', async (_, body) => {
    const client = await clientOf((__, response) => response.writeHead(502).end(body));
    expect(await failureOf(client.sources())).toMatchObject({
      code: 'failed',
      message: 'the server answered with status 502',
    });
  });

  it.each([
    ['HTML', '<html>'],
    ['an unfinished object', '{"srcs":['],
    ['null', 'null'],
    ['text', '"text"'],
    ['no list', '{}'],
    ['something else in place of the list', '{"srcs":{"length":3}}'],
    ['nothing', ''],
  ])('reports badAnswer when a successful answer holds %s', async (_, body) => {
    const client = await clientOf((__, response) => response.writeHead(200).end(body));
    expect(await failureOf(client.sources())).toMatchObject({ name: 'ClientError', code: 'badAnswer' });
  });

  it('reports unreachable when no server listens, and when the connection breaks within an answer', async () => {
    const nobody = new ReverseTracerouteClient({ server: 'http://127.0.0.1:9', key: '', retry: false });
    expect(await failureOf(nobody.sources())).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^cannot reach the server at http:\/\/127\.0\.0\.1:9: .+/),
    });
    const client = await clientOf((request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"srcs":');
      setImmediate(() => request.socket.destroy());
    });
    expect(await failureOf(client.sources())).toMatchObject({ code: 'unreachable' });
  });

  it('takes an address without a scheme for http', async () => {
    const client = await clientOf((_, response) => response.end('{"srcs":[]}'));
    const bare = new ReverseTracerouteClient({ server: client.server.slice('http://'.length), key: '' });
    expect(await bare.sources()).toEqual([]);
  });

  it('gives up an answer that does not end in time', async () => {
    const client = await clientOf((_, response) => response.writeHead(200).write(' '), { timeoutMs: 50 });
    expect(await failureOf(client.sources())).toMatchObject({
      code: 'unreachable',
      details: { reason: 'no complete answer in time' },
    });
  });

  it('keeps nothing of the limit of time of an answer that has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const limited: AbortSignal[] = [];
      const fetch = async (request: string | URL | Request): Promise<Response> => {
        if (request instanceof Request) limited.push(request.signal);
        expect(vi.getTimerCount()).toBe(1);
        return Response.json({ srcs: [] });
      };
      const client = new ReverseTracerouteClient({ server: 'http://127.0.0.1:9', key: '', fetch });
      expect(await client.sources()).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
      expect(limited.map(({ aborted }) => aborted)).toEqual([false]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('follows no redirect, which would send the key to another server', async () => {
    let requests = 0;
    const client = await clientOf((_, response) => {
      requests++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await failureOf(client.sources())).toMatchObject({ code: 'unreachable' });
    expect(await failureOf(client.events(1).next())).toMatchObject({ code: 'unreachable' });
    expect(requests).toBe(2);
  });

  it('stops reading an error answer without end', async () => {
    let sent = 0;
    const client = await clientOf((_, response) => {
      response.writeHead(500);
      const chunk = Buffer.alloc(2 ** 20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent++;
        sent++;
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    expect(await failureOf(client.sources())).toMatchObject({ code: 'answerTooLarge' });
    expect(sent).toBeLessThan(64);
  });

  it('reports cancelled when the signal of the client fires', async () => {
    const abort = new AbortController();
    const client = await clientOf(() => abort.abort(new Error('a reason of the caller')), { signal: abort.signal });
    expect(await failureOf(client.sources())).toMatchObject({ code: 'cancelled' });
  });
});

describe('ReverseTracerouteClient.wait', () => {
  const BATCH = { id: 1, measurements: [] };
  const COMPLETE = 'event: complete\ndata: {"total":0}\n\n';
  const sleep = (): Promise<void> => Promise.resolve();

  it('returns the batch when it is complete, and passes the events on', async () => {
    const client = await clientOf((request, response) => {
      if (request.url?.includes('/events') !== true) sendJson(response, 200, BATCH);
      else response.writeHead(200).end(`event: progress\ndata: {"total":1,"done":1}\n\n${COMPLETE}`);
    });
    const events: string[] = [];
    expect(await client.wait(1, { onEvent: ({ type }) => events.push(type) })).toEqual(BATCH);
    expect(events).toEqual(['progress', 'complete']);
  });

  it('opens a stream again that ends early or breaks', async () => {
    let opened = 0;
    const client = await clientOf(
      (request, response) => {
        if (request.url?.includes('/events') !== true) return sendJson(response, 200, BATCH);
        opened++;
        if (opened === 3) return void response.writeHead(200).end(COMPLETE);
        response.writeHead(200).write('event: progress\ndata: {"total":1,"done":0}\n\nevent: comp');
        if (opened === 1) return void response.end();
        setImmediate(() => request.socket.destroy());
      },
      { sleep },
    );
    expect(await client.wait(1)).toEqual(BATCH);
    expect(opened).toBe(3);
  });

  it('opens a stream again that goes silent, before or after its first event', async () => {
    let opened = 0;
    const client = await clientOf(
      (request, response) => {
        if (request.url?.includes('/events') !== true) return sendJson(response, 200, BATCH);
        opened++;
        if (opened === 2) response.writeHead(200).write('event: progress\ndata: {"total":1,"done":0}\n\n');
        if (opened === 3) response.writeHead(200).end(COMPLETE);
      },
      { sleep, silenceMs: 300 },
    );
    expect(await client.wait(1)).toEqual(BATCH);
    expect(opened).toBe(3);
  });

  it('does not count the pauses that the server asks for as silence', async () => {
    let opened = 0;
    const client = await clientOf(
      (_, response) => {
        if (opened++ === 0) return void response.writeHead(429, { 'retry-after': '1' }).end();
        response.writeHead(200).end(COMPLETE);
      },
      { retry: {}, sleep: () => delay(400), silenceMs: 300 },
    );
    const types: string[] = [];
    for await (const { type } of client.events(1)) types.push(type);
    expect([types, opened]).toEqual([['complete'], 2]);
  });

  it('gives up after eight failures in a row', async () => {
    let opened = 0;
    const pauses: number[] = [];
    const client = await clientOf(
      (_, response) => {
        opened++;
        response.writeHead(200).end();
      },
      { sleep: async (ms) => void pauses.push(ms) },
    );
    expect(await failureOf(client.wait(1))).toMatchObject({ code: 'badAnswer' });
    expect([opened, pauses.length]).toEqual([9, 8]);
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(60_000);
  });

  it('does not repeat what the server refuses', async () => {
    let opened = 0;
    const client = await clientOf((_, response) => {
      opened++;
      sendJson(response, 404, { error: { code: 'notFound', message: 'no such batch', details: [] } });
    });
    expect(await failureOf(client.wait(1))).toMatchObject({ code: 'notFound', message: 'no such batch' });
    expect(opened).toBe(1);
  });

  it('ends with cancelled when the signal fires, during the stream and during a pause', async () => {
    const during = new AbortController();
    const client = await clientOf((_, response) => {
      response.writeHead(200).write('event: progress\ndata: {"total":1,"done":0}\n\n');
    });
    const waiting = failureOf(client.wait(1, { signal: during.signal, onEvent: () => during.abort() }));
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    await server?.stop();
    const pausing = new AbortController();
    const paused = await clientOf((_, response) => {
      response.writeHead(200).end();
      setImmediate(() => pausing.abort());
    });
    expect(await failureOf(paused.wait(1, { signal: pausing.signal }))).toMatchObject({ code: 'cancelled' });
  });
});
