import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { ConnectRouter } from '@connectrpc/connect';
import { type Credential, limitConnections, listen } from '@revtr/link';
import type { Clock } from '@revtr/probing';
import { OpenConnections } from '../foundation/open-connections.ts';
import { Connections } from './connections.ts';
import { Dispatcher, type DispatcherCollaborators } from './dispatcher.ts';
import { addHealth } from './health.ts';
import { DEFAULT_GRPC_LIMITS, type GrpcLimits } from './limits.ts';
import { addReflection } from './reflection.ts';
import { Refusals } from './refusals.ts';

/** Calls beyond the limit of a connection that are refused before the connection is closed. */
const MOST_REJECTED_STREAMS = 10_000;

export interface GrpcServerOptions {
  /** Name of the server in metrics and in the log. */
  readonly name: string;
  readonly host: string;
  /** TCP port; 0 takes any free port. */
  readonly port: number;
  readonly tls: Credential;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<GrpcLimits> | undefined;
}

export interface GrpcServerCollaborators
  extends Omit<DispatcherCollaborators, 'refusals' | 'requestGate'>,
    Partial<Pick<DispatcherCollaborators, 'requestGate'>> {
  /** Adds the services. It is called more than once. */
  readonly routes: (router: ConnectRouter) => void;
  /** Whether the server can do its work, for the health service. */
  readonly isServing: () => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * A gRPC server over TLS with the services of its routes, the health service, and server reflection. It bounds connections, calls, headers,
 * messages and times, and counts and logs what it refuses.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #limits: GrpcLimits;
  readonly #server: Http2SecureServer;
  readonly #sockets: OpenConnections;
  readonly #connections: Connections;
  readonly #dispatcher: Dispatcher;
  readonly #stopping = new AbortController();

  constructor(options: GrpcServerOptions, collaborators: GrpcServerCollaborators) {
    const { isServing, clock, routes } = collaborators;
    const limits = { ...DEFAULT_GRPC_LIMITS, ...options.limits };
    const refusals = new Refusals({ server: options.name }, collaborators);
    this.#options = options;
    this.#limits = limits;
    this.#connections = new Connections(limits);
    this.#dispatcher = new Dispatcher(
      { server: options.name, limits },
      {
        requestGate: undefined,
        ...collaborators,
        refusals,
        routes: (router) => {
          routes(router);
          const services = [...new Set(router.handlers.map(({ service }) => service))];
          addHealth(router, services, { isServing, clock, stopping: this.#stopping.signal });
          addReflection(router, services);
        },
      },
    );
    this.#server = this.#createServer(refusals);
    this.#sockets = new OpenConnections(this.#server);
  }

  /** Begins to listen. Returns the port. Rejects when the port cannot be used. */
  async start(): Promise<number> {
    const port = await listen(this.#server, this.#options);
    this.#connections.start();
    return port;
  }

  /** Answers new connections with another certificate; PEM. */
  useCertificate({ certificate, key }: Credential): void {
    this.#server.setSecureContext({ cert: certificate, key });
  }

  /** Ends streams, lets the other calls end, and closes all connections, at the latest after `stopMs`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#dispatcher.endStreams();
    this.#connections.stop();
    await this.#sockets.endWith(isClosed, this.#limits.stopMs);
  }

  #createServer(refusals: Refusals): Http2SecureServer {
    const { tls } = this.#options;
    const { headers, connections, streamsPerConnection, handshakeMs } = this.#limits;
    const server = createSecureServer({
      ...{ cert: tls.certificate, key: tls.key },
      allowHTTP1: false,
      handshakeTimeout: handshakeMs,
      // Twice the limit: a call that exceeds it is answered and counted, while Node.js resets the stream without a word.
      maxHeaderListPairs: headers.fields * 2,
      // A client whose calls run into their deadlines replaces them before the server has closed them: too low a limit ends its connection.
      maxSessionRejectedStreams: MOST_REJECTED_STREAMS,
      settings: { maxConcurrentStreams: streamsPerConnection, maxHeaderListSize: headers.bytes * 2 },
    });
    limitConnections(server, connections, (address) => refusals.add('connections', { client: address }));
    server.on('session', (session) => {
      const client = session.socket?.remoteAddress;
      if (client === undefined) return session.destroy();
      session.on('error', (error: Error) => refusals.add('protocol', { client, message: error.message }));
      this.#connections.add(session, client);
    });
    server.on('request', (request, response) => {
      // A stream that is reset emits an error; the call ends by its event `close`.
      request.stream.on('error', () => undefined);
      const client = this.#connections.clientOf(request.stream.session);
      if (client !== undefined) this.#dispatcher.dispatch(request, response, client);
    });
    server.on('tlsClientError', (error, socket) => {
      refusals.add('tls', { ...clientOf(socket), message: error.message });
      socket.destroy();
    });
    server.on('unknownProtocol', (socket) => {
      refusals.add('unknownProtocol', clientOf(socket));
      socket.destroy();
    });
    return server;
  }
}

const clientOf = ({ remoteAddress }: { readonly remoteAddress?: string | undefined }): { client?: string } =>
  remoteAddress === undefined ? {} : { client: remoteAddress };
