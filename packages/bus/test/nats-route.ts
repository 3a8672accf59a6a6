import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { freePort, type NatsServer, startNats } from './nats-server.ts';

/** Two NATS servers, and the connection between them. */
export interface NatsPair {
  readonly servers: readonly [NatsServer, NatsServer];
  /** Ends the connection, and lets none come into being. */
  cut(): void;
  restore(): void;
  stop(): Promise<void>;
}

/** Starts two servers that carry messages to each other. */
export async function startNatsPair(): Promise<NatsPair> {
  const ports = [await freePort(), await freePort()];
  const sockets = new Set<Socket>();
  let isCut = false;
  const relay = createServer((from) => {
    const to = createConnection(ports[0], '127.0.0.1');
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    if (isCut) from.destroy();
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const { port } = relay.address() as AddressInfo;
  const clustered = (own: number): string[] => ['--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${own}`];
  const first = await startNats(clustered(ports[0]));
  const second = await startNats([...clustered(ports[1]), '--routes', `nats-route://127.0.0.1:${port}`]);
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    servers: [first, second],
    cut,
    restore: () => {
      isCut = false;
    },
    stop: async () => {
      cut();
      relay.close();
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}
