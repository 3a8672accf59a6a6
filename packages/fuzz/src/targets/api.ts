import { Agent, type IncomingMessage, request } from 'node:http';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { z } from 'zod';
import { ensure, jsonBytes, type Target, textOf } from '../target.ts';
import { type ApiRequest, requestSchema, requestsOf } from './api-requests.ts';

/** Requests generated for each operation. */
const EACH = 12;
const SEED = 1;
const MOST_ANSWER_BYTES = 2 ** 20;

/**
 * Requests to every operation of the OpenAPI document, sent by an operator to a controller on a simulated Internet with its database in
 * memory. No answer has a status of 500 or more.
 */
export const api = async (): Promise<Target> => {
  const world = new SimulatedWorld({ parameters: simParameters('small', SEED), sources: 2, atlas: 'none' });
  const system = await startSimulatedSystem(
    world,
    { host: '127.0.0.1', port: 0, database: 'memory:', concurrency: 1, maxBatch: 3, realTime: false },
    pino({ level: 'silent' }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const base = { agent, url: new URL(system.url), key: system.key };
  const { text: document } = await send(base, { method: 'GET', path: '/openapi.json', query: {} });
  const [pair] = world.randomPairs(1);
  const values = [
    ...world.sources.map(({ address }) => formatIpv4(address)),
    formatIpv4(pair.destination),
    '1',
    '0',
    '192.0.2.0/24',
    'hitlist',
    'user@host.example',
  ];
  const seeds = requestsOf(JSON.parse(document), values, EACH, SEED);
  return {
    form: 'json',
    maxBytes: 8_192,
    seeds: seeds.map(jsonBytes),
    words: values,
    isExpected: () => false,
    run: async (input) => {
      const parsed = requestSchema.safeParse(parsedJson(input));
      if (!parsed.success) return;
      const { status, text } = await send(base, parsed.data);
      ensure(status < 500, `${parsed.data.method} ${parsed.data.path} is answered with ${status}`);
      if (status >= 400)
        ensure(errorSchema.safeParse(JSON.parse(text)).success, `an answer with ${status} has no code`);
    },
    close: async () => {
      agent.destroy();
      await system.stop();
    },
  };
};

/** An error of the API, or the status of gRPC that the routes of the original answer with. */
const errorSchema = z.union([
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ code: z.int(), message: z.string(), error: z.string() }),
]);

interface Base {
  readonly agent: Agent;
  readonly url: URL;
  readonly key: string;
}

/** Sends a request. Of an answer without end, such as an event stream, only the status is read. */
function send({ agent, url, key }: Base, { method, path, query, body }: ApiRequest) {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const content = body === undefined ? '' : JSON.stringify(body);
  const type = path.includes('/datasets/') ? 'application/octet-stream' : 'application/json';
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const outgoing = request({
      agent,
      host: url.hostname,
      port: url.port,
      method,
      path: `${escapedPath(path)}?${search}`,
      headers: { 'revtr-key': key, 'content-type': type, 'content-length': Buffer.byteLength(content) },
    });
    outgoing.on('response', (response) => readAnswer(response).then(resolve, reject));
    outgoing.on('error', (error) => {
      // The server may close a connection whose request it does not read to its end.
      if ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) resolve({ status: 0, text: '' });
      else reject(error);
    });
    outgoing.end(content);
  });
}

async function readAnswer(response: IncomingMessage) {
  const status = response.statusCode ?? 0;
  if (response.headers['content-type']?.startsWith('text/event-stream')) {
    response.destroy();
    return { status, text: '' };
  }
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    ensure(text.length <= MOST_ANSWER_BYTES, 'the answer has more than 1 MiB');
  }
  return { status, text };
}

/** A request line carries no spaces, control characters or non-ASCII characters; what a path means is the server's business. */
const escapedPath = (path: string): string =>
  `/${path.replace(/^\//, '').replaceAll(/[^!-~]/gu, (character) => encodeURIComponent(character.toWellFormed()))}`;

function parsedJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input));
  } catch {
    return undefined;
  }
}
