import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { type ConnectionLimits, type Credential, limitConnections, listen, peerAddressOf } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { RemoteScamper } from '@revtr/scamper';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import type { LegacyAgents } from './legacy-agents.ts';

export interface ScamperListenerOptions {
  readonly host: string;
  /** TCP port; 0 takes any free port. */
  readonly port: number;
  /** Whether scampers may connect without TLS. */
  readonly acceptsPlaintext: boolean;
  /** Most TCP connections. Default 1,024, and 4 from one address. */
  readonly connections?: ConnectionLimits;
  /** Connections from one allowed address: at once, and per second in the long run. Default 10 and 0.5. */
  readonly arrivals?: { readonly burst: number; readonly perSecond: number };
  /** How long a scamper may take to begin, for its TLS handshake and for its greeting, milliseconds each. Default 10,000. */
  readonly patienceMs?: number;
}

export interface ScamperListenerCollaborators {
  readonly agents: Pick<LegacyAgents, 'refuse' | 'joined' | 'refused'>;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

const DEFAULT_CONNECTIONS: ConnectionLimits = { total: 1_024, perAddress: 4 };
const DEFAULT_PATIENCE_MS = 10_000;
/** First byte of a TLS record that begins a handshake (RFC 8446 section 5.1). scamper begins with the sequence number 0. */
const TLS_HANDSHAKE = 0x16;
/** An agent whose scamper ends at once starts it again every two seconds. */
const DEFAULT_ARRIVALS = { burst: 10, perSecond: 0.5 };
const MOST_ADDRESSES = 10_000;

/** The server that the scampers of agents of revtr 2.0 dial in to (`scamper -R`), with TLS and, where that is allowed, without. */
export class ScamperListener {
  readonly #options: ScamperListenerOptions;
  readonly #collaborators: ScamperListenerCollaborators;
  readonly #server: Server;
  readonly #tls: TlsServer;
  readonly #arrivals: TokenBuckets<Ipv4Address>;
  readonly #sockets = new Set<Socket>();
  /** Addresses and ports of the clients whose TLS handshakes are under way. */
  readonly #handshakes = new Set<string>();

  constructor(options: ScamperListenerOptions, credential: Credential, collaborators: ScamperListenerCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#arrivals = new TokenBuckets(
      { ...DEFAULT_ARRIVALS, ...options.arrivals, mostBuckets: MOST_ADDRESSES },
      collaborators,
    );
    this.#server = createServer((socket) => this.#arrive(socket));
    limitConnections(this.#server, options.connections ?? DEFAULT_CONNECTIONS);
    // It does not listen: connections that begin with a handshake are handed to it.
    this.#tls = createTlsServer({
      ...tlsOptions(credential),
      handshakeTimeout: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    });
    this.#tls.on('secureConnection', (socket) => {
      this.#handshakes.delete(endOf(socket));
      const address = peerAddressOf(socket);
      if (address === undefined) socket.destroy();
      else void this.#greet(socket, address);
    });
    this.#tls.on('tlsClientError', (error, socket) => {
      // The address of a client that has left is not known here, but where its connection closes.
      if (this.#handshakes.delete(endOf(socket))) this.#refuse(socket, `the TLS handshake failed: ${error.message}`);
    });
  }

  /** Begins to listen. Returns the port. Rejects when the port cannot be used. */
  start(): Promise<number> {
    return listen(this.#server, this.#options);
  }

  /** Answers new connections with another certificate. */
  useCredential(credential: Credential): void {
    this.#tls.setSecureContext(tlsOptions(credential));
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Nothing is read from an address that the operator has not allowed. */
  #arrive(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const address = peerAddressOf(socket);
    const refusal = address === undefined ? 'agents connect over IPv4' : this.#collaborators.agents.refuse(address);
    if (address === undefined || refusal !== undefined) this.#refuse(socket, refusal ?? '');
    else if (!this.#arrivals.take(address)) this.#refuse(socket, 'it connects too often');
    else {
      socket.setNoDelay(true);
      socket.setTimeout(this.#options.patienceMs ?? DEFAULT_PATIENCE_MS, () =>
        this.#refuse(socket, 'it connected and said nothing'),
      );
      socket.once('readable', () => this.#distinguish(socket, address));
    }
  }

  #distinguish(socket: Socket, address: Ipv4Address): void {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return void socket.destroy();
    socket.setTimeout(0);
    socket.unshift(chunk);
    if (chunk[0] === TLS_HANDSHAKE) this.#secure(socket, address);
    else if (this.#options.acceptsPlaintext) void this.#greet(socket, address);
    else this.#refuse(socket, 'its connection does not use TLS');
  }

  #secure(socket: Socket, address: Ipv4Address): void {
    const client = endOf(socket);
    this.#handshakes.add(client);
    socket.once('close', () => {
      if (!this.#handshakes.delete(client)) return;
      const reason =
        'the TLS handshake failed: it closed the connection, as a scamper does that expects another certificate';
      this.#collaborators.agents.refused('legacyConnection', formatIpv4(address), reason);
    });
    this.#tls.emit('connection', socket);
  }

  async #greet(socket: Socket, address: Ipv4Address): Promise<void> {
    const { agents, clock, random } = this.#collaborators;
    socket.on('error', () => socket.destroy());
    const { patienceMs = DEFAULT_PATIENCE_MS } = this.#options;
    const identity = `${formatIpv4(address)}:${socket.remotePort ?? 0}`;
    try {
      agents.joined(
        address,
        await RemoteScamper.accept(socket, { identity, greetingMs: patienceMs }, { clock, random }),
      );
    } catch (error) {
      this.#refuse(socket, error instanceof Error ? error.message : String(error));
    }
  }

  #refuse(socket: Socket, reason: string): void {
    const { agents } = this.#collaborators;
    const address = peerAddressOf(socket);
    const from = address === undefined ? (socket.remoteAddress ?? 'unknown') : formatIpv4(address);
    socket.destroy();
    agents.refused('legacyConnection', from, reason);
  }
}

const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Agents of revtr 2.0 are built with old libraries, which may not know TLS 1.3. */
const tlsOptions = ({ certificate, key }: Credential) => ({ cert: certificate, key, minVersion: 'TLSv1.2' }) as const;
