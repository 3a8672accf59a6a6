import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installBodyDeadline } from '../src/api/http/body-deadline.ts';
import { connectRaw, type RawConnection } from './raw-connection.ts';

let app: FastifyInstance;
let client: Socket;
let answer: RawConnection['answer'];
beforeEach(async () => {
  app = fastify();
  installBodyDeadline(app, { leastMs: 20, bytesPerSecond: 1_000 });
  app.post('/small', { bodyLimit: 10 }, (_request, reply) => reply.send('read'));
  app.post('/large', { bodyLimit: 10_000_000 }, (_request, reply) => reply.send('read'));
  ({ client, answer } = await connectRaw(app));
});
afterEach(async () => {
  client.destroy();
  await app.close();
});
const begin = (path: string): void => {
  client.write(`POST ${path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`);
};

it('a body that does not arrive in time ends the connection', async () => {
  begin('/small');
  await once(client, 'close');
  expect(answer()).toBe('');
});

it('a route that takes large bodies waits longer', async () => {
  begin('/large');
  const other = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  other.write('POST /small HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{');
  other.resume();
  await once(other, 'close');
  client.write('}');
  await expect.poll(() => answer()).toContain('200 OK');
});
