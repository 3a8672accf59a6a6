import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Authority } from '@revtr/link';
import { systemClock } from '@revtr/probing';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Metrics } from '../../src/foundation/metrics.ts';
import { Revtr } from '../../src/grpc/generated/revtr_pb.ts';
import { GrpcServer } from '../../src/grpc/grpc-server.ts';
import { framed, rawCall, rawSession } from './raw-call.ts';

const LONG_MS = 600_000;
const directory = mkdtempSync(join(tmpdir(), 'revtr-grpc-'));
const authority = await Authority.open(directory, new Date());
rmSync(directory, { recursive: true });
const tls = await authority.createServer(['localhost'], new Date());

/** A server whose only call ends when `released` does. */
const start = async (stopMs: number) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = new GrpcServer(
    { name: 'test', host: '127.0.0.1', port: 0, tls, limits: { stopMs, handshakeMs: LONG_MS } },
    {
      routes: (router) =>
        router.service(Revtr, {
          getSources: async () => {
            begin();
            await released.promise;
            return {};
          },
        }),
      toConnectError: (error) => {
        throw error;
      },
      isServing: async () => true,
      clock: systemClock,
      log: pino({ level: 'silent' }),
      metrics: new Metrics(),
    },
  );
  return { server, port: await server.start(), begun, released };
};

it('a server that stops lets a call end, and does not wait for longer', async () => {
  const { server, port, begun, released } = await start(LONG_MS);
  const session = rawSession(port);
  const answer = rawCall(session, '/pb.Revtr/GetSources', { body: framed(new Uint8Array()) });
  await begun;
  const stopped = server.stop();
  released.resolve();
  expect(await answer).toMatchObject({ status: '0', reset: constants.NGHTTP2_NO_ERROR });
  await stopped;
});

it.each([
  { what: 'never begins TLS', isLate: false },
  { what: 'begins TLS after the server has begun to stop', isLate: true },
])('a server that stops ends a connection that $what', async ({ isLate }) => {
  const { server, port } = await start(1_000);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  // The server has accepted the first connection once it serves the second one.
  const session = rawSession(port);
  await once(session, 'remoteSettings');
  const stopped = server.stop();
  if (isLate) connectTls({ socket, ALPNProtocols: ['h2'], rejectUnauthorized: false }).on('error', () => undefined);
  await stopped;
  session.destroy();
  socket.destroy();
});
