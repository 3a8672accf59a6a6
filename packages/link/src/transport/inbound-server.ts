import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { LinkError } from '../errors.ts';
import type { Credential } from '../identity/certificates.ts';
import { CONTROLLER_NAME, namesOf } from '../identity/names.ts';
import { limitConnections } from '../limits/limit-connections.ts';
import { MOST_BYTES_TO_AGENT } from '../messages/limits.ts';
import { acceptanceHeaders } from './acceptance.ts';
import { LINK_PATH, serverOptions, trustedCertificateOf, WEBSOCKET_OPTIONS } from './tls.ts';

export interface InboundServerOptions {
  readonly port: number;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
  readonly credential: Credential;
  /** Whether the agent accepts the contexts of traces. */
  readonly acceptsTrace: boolean;
}

/** Most TCP connections: the controller needs one at a time. */
const CONNECTIONS = { total: 64, perAddress: 8 };

/** The server of an agent that the controller connects to. It refuses every other peer. */
export class InboundServer {
  readonly #server: Server;
  readonly #port: number;
  readonly #rootCertificate: string;

  /** `onConnection` receives each connection of the controller. */
  constructor(
    options: InboundServerOptions,
    collaborators: { readonly onConnection: (socket: WebSocket) => void; readonly onRefused: (reason: string) => void },
  ) {
    this.#port = options.port;
    const sockets = new WebSocketServer({ ...WEBSOCKET_OPTIONS, noServer: true, maxPayload: MOST_BYTES_TO_AGENT });
    const { credential, rootCertificate, acceptsTrace } = options;
    const accepted = Object.entries(acceptanceHeaders({ acceptsTrace }));
    sockets.on('headers', (headers) => headers.push(...accepted.map(([name, value]) => `${name}: ${value}`)));
    this.#rootCertificate = rootCertificate;
    this.#server = createServer(serverOptions(credential, rootCertificate, { isStrict: true }));
    limitConnections(this.#server, CONNECTIONS);
    this.#server.on('request', (_request, response) => response.writeHead(404).end());
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const certificate = socket instanceof TLSSocket ? trustedCertificateOf(socket) : undefined;
      const isController = namesOf(certificate?.subjectAltName).includes(CONTROLLER_NAME);
      if (request.url === LINK_PATH && isController)
        sockets.handleUpgrade(request, socket, head, collaborators.onConnection);
      else {
        collaborators.onRefused(
          `a connection from ${request.socket.remoteAddress ?? 'an unknown address'} is not from the controller`,
        );
        socket.destroy();
      }
    });
  }

  /** Begins to listen. @throws {LinkError} `unreachable` when the port cannot be used */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(
          new LinkError('unreachable', `cannot listen on port ${this.#port}: ${error.message}`, {
            host: '0.0.0.0',
            port: this.#port,
          }),
        ),
      );
      this.#server.listen(this.#port, resolve);
    });
  }

  /** Answers new connections with another credential. */
  useCredential(credential: Credential): void {
    this.#server.setSecureContext(serverOptions(credential, this.#rootCertificate, { isStrict: true }));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
