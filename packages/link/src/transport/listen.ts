import type { AddressInfo, Server } from 'node:net';

/**
 * Begins to listen. Returns the port, which differs from `port` when that is 0: any free port.
 * Rejects when the address or the port cannot be used.
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
