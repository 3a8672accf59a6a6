import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { formatIpv4 } from '@revtr/net';
import { WebSocketServer } from 'ws';
import { LinkError } from '../errors.ts';
import type { Authority } from '../identity/authority.ts';
import { agentAddressOf } from '../identity/names.ts';
import { type ConnectionLimits, limitConnections } from '../limits/limit-connections.ts';
import { PacedConnections } from '../limits/paced-connections.ts';
import { MOST_BYTES_TO_CONTROLLER } from '../messages/limits.ts';
import type { AgentHub } from '../session/agent-hub.ts';
import { acceptanceIn } from './acceptance.ts';
import type { Admission, GatewayRefusal } from './admission.ts';
import { type AgentPeer, AgentSocket } from './agent-socket.ts';
import { listen } from './listen.ts';
import {
  ENROL_PATH,
  LINK_PATH,
  LISTENING_HEADER,
  peerAddressOf,
  serverOptions,
  trustedCertificateOf,
  WEBSOCKET_OPTIONS,
} from './tls.ts';

export interface GatewayOptions {
  readonly host: string;
  /** TCP port; 0 takes any free port. */
  readonly port: number;
  /** Most TCP connections. Default 16,384, and 16 from one address. */
  readonly connections?: ConnectionLimits;
  /** How long an agent may take to say `hello`, milliseconds. Default 10,000. */
  readonly helloTimeoutMs?: number;
}

export interface GatewayCollaborators {
  readonly authority: Authority;
  readonly hub: AgentHub;
  readonly admission: Admission;
  readonly onRefused: (refusal: GatewayRefusal) => void;
}

const MOST_REQUEST_BYTES = 16_384;
const DEFAULT_CONNECTIONS: ConnectionLimits = { total: 16_384, perAddress: 16 };
/** Agents that are admitted at a time, before no further connection is begun. */
const MOST_ADMISSIONS = 32;
/** How long a connection may take from its TLS handshake until it is a WebSocket or has ended, milliseconds. */
const REQUEST_MS = 20_000;

/** The server that agents connect to: enrolment over TLS, everything else over WebSockets with client certificates. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #collaborators: GatewayCollaborators;
  /** Accepts the connections. */
  readonly #listener: TcpServer;
  readonly #paced: PacedConnections;
  /** Serves them. It does not listen. */
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** All connections that are open, whatever has become of them. */
  readonly #open = new Set<Socket>();
  readonly #deadlines = new WeakMap<Duplex, NodeJS.Timeout>();
  #admissions = 0;

  constructor(options: GatewayOptions, collaborators: GatewayCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { authority } = collaborators;
    this.#sockets = new WebSocketServer({
      ...WEBSOCKET_OPTIONS,
      noServer: true,
      maxPayload: MOST_BYTES_TO_CONTROLLER,
    });
    // Agents enrol without a certificate; every other connection is checked when it asks for a WebSocket.
    this.#server = createServer(tlsOptions(authority));
    this.#paced = new PacedConnections(
      {},
      {
        pass: (socket) => this.#server.emit('connection', socket),
        isBusy: () => this.#admissions >= MOST_ADMISSIONS,
        now: () => performance.now(),
      },
    );
    this.#listener = createTcpServer({ pauseOnConnect: true });
    limitConnections(this.#listener, options.connections ?? DEFAULT_CONNECTIONS);
    this.#listener.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      if (socket.destroyed) return;
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      this.#paced.add(socket);
    });
    // Node.js limits the time of requests only for servers that listen.
    this.#server.on('secureConnection', (socket) => {
      const deadline = setTimeout(() => socket.destroy(), REQUEST_MS);
      this.#deadlines.set(socket, deadline);
      socket.once('close', () => clearTimeout(deadline));
    });
    this.#server.on('request', (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!(error instanceof LinkError)) response.destroy(error instanceof Error ? error : undefined);
        else this.#refuse(request, response, error);
      });
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head).catch(() => socket.destroy());
    });
    // Peers whose handshake fails are not told more than that.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Begins to listen. Returns the port. Rejects when the port cannot be used. */
  start(): Promise<number> {
    return listen(this.#listener, this.#options);
  }

  /** Answers new connections with the certificate that the authority has now, see {@link Authority.renew}. */
  useRenewedCertificate(): void {
    this.#server.setSecureContext(tlsOptions(this.#collaborators.authority));
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    this.#collaborators.hub.stop();
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      this.#listener.close(() => resolve());
      // A server that does not listen knows none of its connections.
      for (const socket of this.#open) socket.destroy();
    });
  }

  /** `POST /enrol` with a certificate request in PEM form: answered with the certificate. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.url !== ENROL_PATH) {
      response.writeHead(404).end();
      return;
    }
    const address = peerAddressOf(request.socket);
    if (address === undefined) throw new LinkError('enrolmentRefused', 'agents connect over IPv4', {});
    const { admission, authority, hub } = this.#collaborators;
    const reason = await admission.mayEnrol(address);
    if (reason !== undefined) throw new LinkError('enrolmentRefused', reason, {});
    const body = await readBody(request);
    const certificate = await this.#admitting(async () => {
      const certificate = await authority.certifyAgent(body, address, new Date(hub.now()));
      const { serialNumber } = new X509Certificate(certificate);
      await admission.enrolled(address, { serialNumber, listeningPort: listeningPortOf(request) });
      return certificate;
    });
    hub.disconnect(address, 'the agent enrolled again');
    response.writeHead(200, { 'content-type': 'application/x-pem-file' }).end(certificate);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: LinkError): void {
    this.#collaborators.onRefused({ kind: 'enrolment', address: textOf(request), reason: error.message });
    const body = JSON.stringify({ error: { code: error.code, message: error.message } });
    response.writeHead(403, { 'content-type': 'application/json' }).end(body);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const admitted = request.url === LINK_PATH ? await this.#identify(request) : 'there is no such path';
    if (typeof admitted === 'string') {
      this.#collaborators.onRefused({ kind: 'connection', address: textOf(request), reason: admitted });
      const body = JSON.stringify({ error: { code: 'unknownAgent', message: admitted } });
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      clearTimeout(this.#deadlines.get(socket));
      const { helloTimeoutMs } = this.#options;
      const options = { peer: admitted, stream: socket, ...(helloTimeoutMs !== undefined && { helloTimeoutMs }) };
      new AgentSocket(client, options, this.#collaborators);
    });
  }

  /** The agent when its certificate, its address and the registry agree; otherwise the reason for the refusal. */
  async #identify({ socket, headers }: IncomingMessage): Promise<AgentPeer | string> {
    const certificate = socket instanceof TLSSocket ? trustedCertificateOf(socket) : undefined;
    const address = certificate && agentAddressOf(certificate);
    if (certificate === undefined || address === undefined) return 'no certificate of an agent of this controller';
    if (peerAddressOf(socket) !== address)
      return `the certificate is for ${formatIpv4(address)}, the connection comes from elsewhere`;
    const { admission } = this.#collaborators;
    const { serialNumber } = certificate;
    const peer = { address, serialNumber, ...acceptanceIn(headers) };
    return (await this.#admitting(() => admission.mayConnect(address, serialNumber))) ?? peer;
  }

  /** Counts an admission while it is under way: work of this process only, whose end no peer can delay. */
  async #admitting<T>(admit: () => Promise<T>): Promise<T> {
    this.#admissions++;
    try {
      return await admit();
    } finally {
      this.#admissions--;
    }
  }
}

const tlsOptions = ({ controller, rootCertificate }: Authority): ServerOptions =>
  serverOptions(controller, rootCertificate, { isStrict: false });

function listeningPortOf({ headers }: IncomingMessage): number | undefined {
  const port = Number(headers[LISTENING_HEADER]);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

const textOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? 'unknown';

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MOST_REQUEST_BYTES) throw new LinkError('badCertificate', 'the request is too large', {});
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
