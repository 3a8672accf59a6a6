import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientError, type ClientOptions, isClientError, ReverseTracerouteClient } from '../src/index.ts';
import { startServer, type TestServer } from './server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const PAIR = { src: '192.0.2.1', dst: '192.0.2.2' };
const ERROR = JSON.stringify({ error: { code: 'quotaPerMinute', message: 'later', details: [] } });
const ACCEPTED = JSON.stringify({ result_uri: 'http://192.0.2.9/api/v1/revtr?batchid=17' });

/** A client, and the pauses that it makes, in milliseconds, instead of which no time passes. */
async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<ClientOptions> = {},
): Promise<{ readonly client: ReverseTracerouteClient; readonly pauses: number[] }> {
  server = await startServer(answer);
  const pauses: number[] = [];
  const client = new ReverseTracerouteClient({
    server: server.url,
    key: 'a-key',
    random: () => 0.5,
    sleep: async (ms) => void pauses.push(ms),
    ...options,
  });
  return { client, pauses };
}

/** Answers the first requests with an error, and those after them as a working server does. */
const failing = (times: number, status: number, headers: Record<string, string> = {}) => {
  const keys: (string | undefined)[] = [];
  let failures = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const key = request.headers['idempotency-key'];
    keys.push(typeof key === 'string' ? key : undefined);
    if (failures++ < times) response.writeHead(status, headers).end(ERROR);
    else response.writeHead(200).end(request.method === 'POST' ? ACCEPTED : '{"srcs":[]}');
  };
  return { answer, keys };
};

describe('repetition of requests', () => {
  it('waits as long as Retry-After says, and a random time longer', async () => {
    const { client, pauses } = await clientOf(failing(2, 429, { 'retry-after': '7' }).answer);
    expect(await client.sources()).toEqual([]);
    expect(pauses).toEqual([7_500, 7_500]);
  });

  it('reads a Retry-After that is a date against the clock of the server', async () => {
    const date = new Date('2031-01-01T00:00:00Z').toUTCString();
    const later = new Date('2031-01-01T00:00:12Z').toUTCString();
    const { client, pauses } = await clientOf(failing(1, 503, { date, 'retry-after': later }).answer);
    expect(await client.sources()).toEqual([]);
    expect(pauses).toEqual([12_500]);
  });

  it('doubles its pauses when the server says nothing, and gives up after three', async () => {
    const { answer, keys } = failing(9, 502);
    const { client, pauses } = await clientOf(answer);
    await expect(client.sources()).rejects.toMatchObject({ code: 'failed', details: { status: 502 } });
    expect(pauses).toEqual([375, 750, 1_500]);
    expect(keys).toHaveLength(4);
  });

  it('does not wait longer than it may', async () => {
    const { client, pauses } = await clientOf(failing(1, 429, { 'retry-after': '31' }).answer);
    await expect(client.sources()).rejects.toMatchObject({ code: 'quota', details: { retryAfterSeconds: 31 } });
    expect(pauses).toEqual([]);
  });

  it.each([400, 401, 403, 404, 409, 413, 500])('does not repeat a request that gets status %i', async (status) => {
    const { answer, keys } = failing(1, status);
    const { client } = await clientOf(answer);
    await expect(client.sources()).rejects.toBeInstanceOf(ClientError);
    expect(keys).toHaveLength(1);
  });

  it('repeats a submission with the same idempotency key, whose kind no other submission has', async () => {
    const { answer, keys } = failing(1, 503);
    const { client } = await clientOf(answer);
    expect(await client.submit([PAIR])).toMatchObject({ batchId: 17 });
    expect(await client.submit([PAIR])).toMatchObject({ batchId: 17 });
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('does not repeat a request that would have its effect twice', async () => {
    const { answer, keys } = failing(1, 503);
    const { client } = await clientOf(answer);
    await expect(client.accounts.createKey({ name: 'laptop' })).rejects.toMatchObject({ code: 'failed' });
    expect(keys).toHaveLength(1);
  });

  it('repeats a request whose connection broke', async () => {
    let requests = 0;
    const { client } = await clientOf((request, response) => {
      if (requests++ === 0) return void request.socket.destroy();
      response.writeHead(200).end('{"srcs":[]}');
    });
    expect(await client.sources()).toEqual([]);
    expect(requests).toBe(2);
  });

  it('repeats the request for a stream when the server asks for it', async () => {
    let requests = 0;
    const { client, pauses } = await clientOf((_, response) => {
      if (requests++ === 0) return void response.writeHead(429, { 'retry-after': '2' }).end(ERROR);
      response.writeHead(200).end('{"id":1}\n');
    });
    expect(await allOf(client.results(1))).toEqual([{ id: 1 }]);
    expect(pauses).toEqual([2_500]);
  });

  it.each(['null', '7', '{"id":', 'x'])('refuses the line %s in a stream of results', async (line) => {
    const { client } = await clientOf((_, response) => void response.writeHead(200).end(`${line}\n`));
    await expect(allOf(client.results(1))).rejects.toMatchObject({ code: 'badAnswer' });
  });

  it('ends with cancelled when its signal fires during a pause', async () => {
    const abort = new AbortController();
    const { client } = await clientOf(failing(9, 503).answer);
    const patient = new ReverseTracerouteClient({ server: client.server, key: '', random: () => 0.5 });
    const call = patient.withSignal(abort.signal).sources();
    setTimeout(() => abort.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('ReverseTracerouteClient.upload', () => {
  it('submits a stream of pairs in parts, waits for the limits of the account, and reports rejected pairs', async () => {
    const sizes: number[] = [];
    const { client, pauses } = await clientOf(
      (request, response) => {
        let text = '';
        request.on('data', (chunk) => {
          text += chunk;
        });
        request.on('end', () => {
          const { revtrs } = JSON.parse(text);
          sizes.push(revtrs.length);
          if (sizes.length === 2) return void response.writeHead(429, { 'retry-after': '3600' }).end(ERROR);
          const details = [{ at: 'revtrs[0].dst', code: 'destinationUnrouted', message: 'no network announces it' }];
          const refusal = { error: { code: 'invalidPairs', message: 'none can be measured', details } };
          if (revtrs.length === 1) return void response.writeHead(400).end(JSON.stringify(refusal));
          response.writeHead(200).end(ACCEPTED);
        });
      },
      { retry: { longestPauseMs: 1_000 } },
    );
    async function* pairs() {
      for (let i = 0; i < 5; i++) yield PAIR;
    }
    const uploaded = await allOf(client.upload(pairs(), { perBatch: 2 }));
    expect(uploaded).toEqual([
      { batchId: 17, offset: 0, size: 2, rejected: [] },
      { batchId: 17, offset: 2, size: 2, rejected: [] },
      {
        batchId: undefined,
        offset: 4,
        size: 1,
        rejected: [expect.objectContaining({ index: 0, code: 'destinationUnrouted' })],
      },
    ]);
    expect(sizes).toEqual([2, 2, 2, 1]);
    expect(pauses).toEqual([3_600_000]);
  });
});

describe('ReverseTracerouteClient.submitValid', () => {
  it('reports the pairs that the places of the problems name when none is valid', async () => {
    const details = [1, 0].map((i) => ({ at: `revtrs[${i}].dst`, code: 'unresolvable', message: `name ${i}` }));
    const refusal = { error: { code: 'invalidPairs', message: 'none can be measured', details } };
    const { client } = await clientOf((_, response) => void response.writeHead(400).end(JSON.stringify(refusal)));
    const { batchId, rejected } = await client.submitValid([PAIR, PAIR]);
    expect(batchId).toBeUndefined();
    expect(rejected.map(({ index, message }) => [index, message])).toEqual([
      [1, 'name 1'],
      [0, 'name 0'],
    ]);
  });
});

describe('lists in pages', () => {
  it('are read to their end, a page at a time', async () => {
    const asked: (string | undefined)[] = [];
    const { client } = await clientOf((request, response) => {
      const before = new URL(request.url ?? '', 'http://localhost').searchParams.get('before');
      asked.push(before ?? undefined);
      const first = before === null ? 250 : Number(before) - 1;
      const batches = Array.from({ length: Math.min(100, first) }, (_, i) => ({ id: first - i }));
      response.writeHead(200).end(JSON.stringify({ batches }));
    });
    const ids: number[] = [];
    for await (const { id } of client.eachBatch()) ids.push(id);
    expect(ids).toEqual(Array.from({ length: 250 }, (_, i) => 250 - i));
    expect(asked).toEqual([undefined, '151', '51']);
  });

  it('end with badAnswer when a page names itself as the next one', async () => {
    const { client } = await clientOf((_, response) => response.writeHead(200).end('{"runs":[{"id":1}],"next":5}'));
    await expect(allOf(client.watches.eachRun(1))).rejects.toMatchObject({ code: 'badAnswer' });
  });
});

it('isClientError narrows the details of an error to those of its code', async () => {
  const { client } = await clientOf(failing(1, 429, { 'retry-after': '60' }).answer);
  const error = await client.sources().catch((failure: unknown) => failure);
  const seconds: number | undefined = isClientError(error, 'quota') ? error.details.retryAfterSeconds : undefined;
  expect(seconds).toBe(60);
  expect([isClientError(error), isClientError(error, 'failed'), isClientError(new Error('x'))]).toEqual([
    true,
    false,
    false,
  ]);
});
