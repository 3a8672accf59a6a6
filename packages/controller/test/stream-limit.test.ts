import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StreamLimit } from '../src/api/http/stream-limit.ts';

describe('the limit of open streams', () => {
  let server: Server;
  let client: Socket;
  let request: IncomingMessage;
  let response: ServerResponse;
  let streams: StreamLimit;
  beforeEach(async () => {
    streams = new StreamLimit({ perUser: 1, inAll: 1 });
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const requested = once(server, 'request');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
    [request, response] = await requested;
  });
  afterEach(() => {
    client.destroy();
    server.close();
  });
  const leave = async (): Promise<void> => {
    const closed = once(response, 'close');
    client.destroy();
    await closed;
  };

  it('frees the place of a client that leaves', async () => {
    streams.enter(1, response);
    expect(() => streams.enter(1, response)).toThrow(/1 streams open/);
    await leave();
    streams.enter(1, response);
  });

  it('frees a place once when the stream ends before its response', async () => {
    const leaveEarly = streams.enter(1, response);
    leaveEarly();
    streams.enter(1, response);
    leaveEarly();
    expect(() => streams.enter(1, response)).toThrow(/1 streams open/);
    await leave();
    streams.enter(1, response);
  });

  it('keeps no place for a client that left before its stream began', async () => {
    await leave();
    expect(request.socket.destroyed).toBe(true);
    streams.enter(1, response);
    streams.enter(1, response);
  });
});
