import type { Server } from 'node:net';
import { limitedAddressOf } from './limited-address.ts';
import { Tally } from './tally.ts';

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
  const open = new Tally<string>();
  server.maxConnections = total;
  server.on('drop', (data) => onRefused(data?.remoteAddress ?? 'unknown'));
  server.on('connection', (socket) => {
    // A connection over a Unix socket has no address, nor has one that is closed already.
    if (socket.remoteAddress === undefined) return;
    const address = limitedAddressOf(socket.remoteAddress);
    open.add(address, 1);
    socket.once('close', () => open.add(address, -1));
    if (open.of(address) <= perAddress) return;
    onRefused(address);
    socket.destroy();
  });
}
