import { createServer, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limitConnections } from '../src/index.ts';

describe('the limit of connections', () => {
  const server = createServer();
  limitConnections(server, { total: 100, perAddress: 2 });
  /** Lets the server accept a connection from an address. Returns whether it was kept. */
  const accept = (address: string): boolean => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: address });
    server.emit('connection', socket);
    return !socket.destroyed;
  };

  it('counts IPv4 addresses', () => {
    const kept = ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2'].map(accept);
    expect(kept).toEqual([true, true, false, true]);
  });

  it('counts the /64 of IPv6 addresses, all of which one host may have', () => {
    const kept = ['2001:db8::1', '2001:db8::2', '2001:db8::3:4', '2001:db8:0:1::1'].map(accept);
    expect(kept).toEqual([true, true, false, true]);
  });
});
