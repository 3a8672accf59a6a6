/**
 * Forwards connections from Unix sockets to ports in the network namespace of this process: network namespaces share Unix sockets.
 *
 * Arguments: for each relay, the path of the socket, an address and a port.
 */
import { connect, createServer } from 'node:net';

const args = process.argv.slice(2);
for (let at = 0; at < args.length; at += 3) {
  const [path, host, port] = args.slice(at, at + 3);
  createServer((client) => {
    const server = connect(Number(port), host);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.pipe(server).pipe(client);
  }).listen(path);
}
