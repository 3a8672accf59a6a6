import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { WebSocketServer } from 'ws';
import { LinkError } from '../errors.ts';
import type { Authority } from '../identity/authority.ts';
import { agentAddressOf } from '../identity/names.ts';
import { MOST_MESSAGE_BYTES } from '../messages/messages.ts';
import type { AgentHub } from '../session/agent-hub.ts';
import { serveAgent } from './agent-socket.ts';
import {
  ENROL_PATH,
  LINK_PATH,
  LISTENING_HEADER,
  peerAddressOf,
  trustedCertificateOf,
  WEBSOCKET_OPTIONS,
} from './tls.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** What an agent that has enrolled is known by. */
export interface Enrolment {
  /** Of its certificate. */
  readonly serialNumber: string;
  /** Port on which it awaits the controller; `undefined` when it dials. */
  readonly listeningPort: number | undefined;
}

/** Says who may come in. Each answer is `undefined` for yes, or the reason for no. */
export interface Admission {
  mayEnrol(address: Ipv4Address): Promise<string | undefined>;
  /** A certificate was made for the agent: it replaces the one before. */
  enrolled(address: Ipv4Address, enrolment: Enrolment): Promise<void>;
  mayConnect(address: Ipv4Address, serialNumber: string): Promise<string | undefined>;
}

/** Something that was refused, for log and metrics. */
export interface GatewayRefusal {
  readonly kind: 'enrolment' | 'connection' | 'message';
  /** Where it came from, as far as that is known. */
  readonly address: string;
  readonly reason: string;
}

export interface GatewayCollaborators {
  readonly authority: Authority;
  readonly hub: AgentHub;
  readonly admission: Admission;
  readonly onRefused: (refusal: GatewayRefusal) => void;
}

const MOST_REQUEST_BYTES = 16_384;

/** The server that agents dial: enrolment over TLS, everything else over WebSockets with client certificates. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #collaborators: GatewayCollaborators;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  constructor(options: GatewayOptions, collaborators: GatewayCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { key, certificate } = collaborators.authority.controller;
    this.#sockets = new WebSocketServer({ ...WEBSOCKET_OPTIONS, noServer: true, maxPayload: MOST_MESSAGE_BYTES });
    this.#server = createServer({
      key,
      cert: certificate,
      ca: collaborators.authority.rootCertificate,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
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
    // A handshake that fails is the other side's business.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Begins to listen. Returns the port. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        const address: AddressInfo | string | null = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : this.#options.port);
      });
    });
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    this.#collaborators.hub.stop();
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** `POST /enrol` with a certificate request in PEM form: answered with the certificate. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.url !== ENROL_PATH) {
      response.writeHead(404).end();
      return;
    }
    const address = peerAddressOf(request.socket);
    if (address === undefined) throw new LinkError('enrolmentRefused', 'agents connect over IPv4');
    const { admission, authority } = this.#collaborators;
    const reason = await admission.mayEnrol(address);
    if (reason !== undefined) throw new LinkError('enrolmentRefused', reason);
    const certificate = await authority.certifyAgent(await readBody(request), address, new Date());
    const { serialNumber } = new X509Certificate(certificate);
    await admission.enrolled(address, { serialNumber, listeningPort: listeningPortOf(request) });
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
    this.#sockets.handleUpgrade(request, socket, head, (client) =>
      serveAgent(client, admitted, { hub: this.#collaborators.hub, onBadMessage: this.#badMessage }),
    );
  }

  /** The agent's address when its certificate, the address it comes from and the registry agree; otherwise the reason. */
  async #identify({ socket }: IncomingMessage): Promise<Ipv4Address | string> {
    const certificate = socket instanceof TLSSocket ? trustedCertificateOf(socket) : undefined;
    const address = certificate && agentAddressOf(certificate);
    if (certificate === undefined || address === undefined) return 'no certificate of an agent of this controller';
    if (peerAddressOf(socket) !== address)
      return `the certificate is for ${formatIpv4(address)}, the connection comes from elsewhere`;
    return (await this.#collaborators.admission.mayConnect(address, certificate.serialNumber)) ?? address;
  }

  readonly #badMessage = (address: Ipv4Address, error: LinkError): void => {
    this.#collaborators.onRefused({ kind: 'message', address: formatIpv4(address), reason: error.message });
  };
}

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
    if (length > MOST_REQUEST_BYTES) throw new LinkError('badCertificate', 'the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
