import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Authority } from '@revtr/link';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenConnections } from '../src/foundation/open-connections.ts';
import { controllers } from './cluster/controllers.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const LONG_MS = 600_000;
const directory = mkdtempSync(join(tmpdir(), 'revtr-connections-'));
const authority = await Authority.open(directory, new Date());
rmSync(directory, { recursive: true });
const { certificate, key } = await authority.createServer(['localhost'], new Date());

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(2 ** 16);
}

const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
/** A connection on which `text` was sent, and of which nothing is read until the test does. */
const open = async (port: number, text: string, isSecure = false): Promise<Socket> => {
  const client = isSecure
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  clients.push(client);
  client.pause();
  client.on('error', () => undefined);
  await once(client, isSecure ? 'secureConnect' : 'connect');
  if (text !== '') client.write(text);
  return client;
};
const POST = 'POST /held HTTP/1.1\r\nhost: test\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\n1';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: test\r\n\r\n`;

describe.each([{ isSecure: false }, { isSecure: true }])('a server that closes (TLS: $isSecure)', ({ isSecure }) => {
  const listen = async () => {
    const released = Promise.withResolvers<void>();
    const app: FastifyInstance = fastify({ https: isSecure ? { cert: certificate, key } : null });
    const connections = new OpenConnections(app.server);
    app.get('/held', async () => {
      await released.promise;
      return 'answered';
    });
    app.post('/held', () => 'read');
    app.get('/endless', (_request, reply) => reply.send(Readable.from(endless())));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    return { app, connections, port, released };
  };

  it.each([
    { what: 'has sent nothing at all', text: '', isTls: false },
    { what: 'has sent no request', text: '', isTls: isSecure },
    { what: 'has sent a part of its headers', text: 'GET /held HTTP/1.1\r\nhost:', isTls: isSecure },
    { what: 'has sent a part of its body', text: POST, isTls: isSecure },
    { what: 'waits for an answer that does not come', text: get('/held'), isTls: isSecure },
    { what: 'does not read its answer', text: get('/endless'), isTls: isSecure },
  ])('ends a connection that $what', async ({ text, isTls }) => {
    const { app, connections, port, released } = await listen();
    const arrived = once(app.server, text.includes('\r\n\r\n') ? 'request' : 'connection');
    const client = await open(port, text, isTls);
    await arrived;
    if (text === get('/endless')) await once(client, 'readable');
    await connections.endWith(app.close(), 50);
    released.resolve();
  });

  it('answers a request that is under way, and closes without waiting for connections to end', async () => {
    const { app, connections, port, released } = await listen();
    const arrived = once(app.server, 'request');
    const client = await open(port, get('/held'), isSecure);
    let answer = '';
    client.on('data', (data) => {
      answer += String(data);
    });
    client.resume();
    await arrived;
    const closed = connections.endWith(app.close(), LONG_MS);
    released.resolve();
    await closed;
    await once(client, 'end');
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*answered$/);
  });
});

describe('a controller', () => {
  const database = useDatabase();

  it('stops although clients of its API have sent no request or do not read their answers', async () => {
    const clock = new ManualClock(Date.now());
    const { controller, stop } = await controllers(database, clock)('api');
    const { port } = new URL(await controller.start());
    await open(Number(port), '');
    await open(Number(port), 'GET /ready HTTP/1.1\r\nhost:');
    const slow = await open(Number(port), get('/openapi.json').repeat(200));
    await once(slow, 'readable');
    await stop();
  });
});
