import type { Server, Socket } from 'node:net';

/**
 * The TCP connections of a server of any kind. A server that closes waits for all of them. Node.js does not end those that have sent nothing, no TLS
 * handshake or only a part of a request, and those whose peers do not read.
 */
export class OpenConnections {
  readonly #sockets = new Set<Socket>();

  /** The server must not have accepted any connection yet. */
  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Resolves with `closed`, the end of a server that is being closed. Connections that are still open after `ms` end then. */
  async endWith(closed: Promise<unknown>, ms: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, ms);
    try {
      await closed;
    } finally {
      clearTimeout(timer);
    }
  }
}
