import { type Server, Socket } from 'node:net';

/**
 * Makes every TCP connection remember the address of its peer, and ends those whose peer is unknown because it has left. Otherwise a
 * client that resets its connection right after its request would have no address, neither in the audit nor for limits.
 */
export function rememberPeers(server: Server): void {
  const remember = (socket: Socket): void => {
    // Node looks the address up on first use, and keeps it.
    const isKnown = socket.remoteAddress !== undefined;
    if (!isKnown && typeof server.address() !== 'string') socket.destroy();
  };
  server.on('connection', remember);
  // A TLS connection looks it up by itself.
  server.on('secureConnection', (socket: unknown) => {
    if (socket instanceof Socket) remember(socket);
  });
}
