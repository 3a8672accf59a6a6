import { connect, createServer, type Server, type Socket } from 'node:net';

/** Forwards TCP connections, and can go silent: the bytes of open connections are lost, and nobody is told. */
export class SilentRelay {
  readonly #server: Server;
  readonly #links: { isSilent: boolean; readonly sockets: readonly Socket[] }[] = [];

  constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      const link = { isSilent: false, sockets: [client, upstream] };
      this.#links.push(link);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ]) {
        from.on('data', (chunk) => {
          if (!link.isSilent) to.write(chunk);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          if (!link.isSilent) to.destroy();
        });
      }
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** Loses everything that open connections carry from now on, and does not notice when one ends; new connections work. */
  silence(): void {
    for (const link of this.#links) {
      link.isSilent = true;
      for (const socket of link.sockets) socket.pause();
    }
  }

  close(): void {
    for (const { sockets } of this.#links) for (const socket of sockets) socket.destroy();
    this.#server.close();
  }
}
