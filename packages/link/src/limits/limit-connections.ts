import type { Server } from 'node:net';
import { limitedAddressOf } from './limited-address.ts';

/** Most connections of a server, in total and from one IPv4 address or /64 of IPv6. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/**
 * Closes TCP connections beyond the limits as soon as they are accepted, before the TLS handshake. `onRefused` gets the address of each;
 * Node.js does not always know it of those beyond the total.
 */
export function limitConnections(
  server: Server,
  { total, perAddress }: ConnectionLimits,
  onRefused: (address: string) => void = () => undefined,
): void {
  const counts = new Map<string, number>();
  server.maxConnections = total;
  server.on('drop', (data) => onRefused(data?.remoteAddress ?? 'unknown'));
  server.on('connection', (socket) => {
    // A connection over a Unix socket has no address, nor has one that is closed already.
    if (socket.remoteAddress === undefined) return;
    const address = limitedAddressOf(socket.remoteAddress);
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
    if (count <= perAddress) return;
    onRefused(address);
    socket.destroy();
  });
}
