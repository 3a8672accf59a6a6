import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { rememberPeers } from '../src/api/http/known-peers.ts';

it('the address of a client is known after the client has left', async () => {
  const server = createServer();
  rememberPeers(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const requested = once(server, 'request');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  const [request]: IncomingMessage[] = await requested;
  // A reset is an error of the socket before it closes.
  request.socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => request.socket.once('close', () => resolve()));
  client.resetAndDestroy();
  await closed;
  expect(request.socket.remoteAddress).toBe('127.0.0.1');
  server.close();
});
