import { createServer, type Server } from 'node:http';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { formatProbingTxt } from '@revtr/probing';

/** Who sends the probes of an agent. */
export interface Sender {
  readonly address: Ipv4Address;
  /** URI of the people to contact; `undefined` when the operator has not set one. */
  readonly contact: string | undefined;
}

/** How long a description holds, milliseconds. */
const DESCRIPTION_MS = 7 * 86_400_000;
const MOST_CONNECTIONS = 100;
const REQUEST_MS = 5_000;
const PATH = '/.well-known/probing.txt';

/**
 * Serves the description of the probes (RFC 9511 section 3) and nothing else. It is meant to be public: it reads no body, keeps no
 * connection open, and answers 404 until the controller has told the contact. Rejects when the address is taken.
 */
export function serveProbingTxt(
  { host, port }: { readonly host: string; readonly port: number },
  collaborators: { readonly sender: () => Sender | undefined; readonly now: () => number },
): Promise<Server> {
  const options = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: 8_192, keepAlive: false };
  const server = createServer(options, ({ url, method }, response) => {
    const sender = collaborators.sender();
    response.setHeader('connection', 'close');
    if (url !== PATH || sender?.contact === undefined) response.writeHead(404).end();
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else {
      const { address, contact } = sender;
      const canonical = `https://${formatIpv4(address)}${PATH}`;
      const expires = new Date(collaborators.now() + DESCRIPTION_MS);
      response
        .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
        .end(formatProbingTxt({ contact, canonical, expires }));
    }
  });
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
