import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installJsonBody } from '../src/api/http/json-body.ts';
import { connectRaw, type RawConnection } from './raw-connection.ts';

const TWO_MINUTES_MS = 120_000;

let app: FastifyInstance;
let client: Socket;
let answer: RawConnection['answer'];
let goOn: () => void;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const later = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* parts(): AsyncGenerator<string> {
    yield 'first part, ';
    await later;
    yield 'last part';
  }
  app = fastify();
  installJsonBody(app);
  app.get('/', (_request, reply) => reply.send(Readable.from(parts())));
  app.post('/', (_request, reply) => reply.send(Readable.from(parts())));
  ({ client, answer } = await connectRaw(app));
});
afterEach(async () => {
  vi.useRealTimers();
  client.destroy();
  await app.close();
});
const firstPart = async (): Promise<void> => {
  while (!answer().includes('first part')) await once(client, 'data');
};

it.each([
  ['without a body', 'GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n'],
  ['with a body', 'POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}'],
])('an answer to a request %s may take longer than a body', async (_, request) => {
  client.write(request);
  await firstPart();
  vi.advanceTimersByTime(TWO_MINUTES_MS);
  goOn();
  await once(client, 'close');
  expect(answer()).toContain('last part');
});

it('a body that does not arrive in time ends the connection', async () => {
  const begun = new Promise((resolve) => app.server.once('request', resolve));
  client.write('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{');
  await begun;
  await vi.advanceTimersByTimeAsync(TWO_MINUTES_MS);
  await once(client, 'close');
  expect(answer()).not.toContain('first part');
});
