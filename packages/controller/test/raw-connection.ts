import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** A connection to a server on which a test writes requests byte by byte. */
export interface RawConnection {
  readonly client: Socket;
  /** What the server has sent so far. */
  answer(): string;
}

/** Lets `app` listen on a free port of the loopback address, and connects to it. */
export async function connectRaw(app: FastifyInstance): Promise<RawConnection> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  client.on('data', (data) => {
    answer += String(data);
  });
  return { client, answer: () => answer };
}
