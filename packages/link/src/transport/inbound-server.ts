import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { LinkError } from '../errors.ts';
import type { Credential } from '../identity/certificates.ts';
import { CONTROLLER_NAME, namesOf } from '../identity/names.ts';
import { MOST_MESSAGE_BYTES } from '../messages/messages.ts';
import { LINK_PATH, trustedCertificateOf, WEBSOCKET_OPTIONS } from './tls.ts';

export interface InboundServerOptions {
  readonly port: number;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
  readonly credential: Credential;
}

/** Where an agent awaits its controller, when it is told not to dial it. Nobody else is let in. */
export class InboundServer {
  readonly #server: Server;
  readonly #port: number;

  /** `onConnection` is given each connection of the controller. */
  constructor(
    options: InboundServerOptions,
    collaborators: { readonly onConnection: (socket: WebSocket) => void; readonly onRefused: (reason: string) => void },
  ) {
    this.#port = options.port;
    const sockets = new WebSocketServer({ ...WEBSOCKET_OPTIONS, noServer: true, maxPayload: MOST_MESSAGE_BYTES });
    this.#server = createServer({
      key: options.credential.key,
      cert: options.credential.certificate,
      ca: options.rootCertificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    });
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
          `a connection from ${request.socket.remoteAddress ?? 'somewhere'} is not the controller's`,
        );
        socket.destroy();
      }
    });
  }

  /** Begins to listen. @throws {LinkError} `unreachable` when the port is taken */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new LinkError('unreachable', `cannot listen on port ${this.#port}: ${error.message}`)),
      );
      this.#server.listen(this.#port, resolve);
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
