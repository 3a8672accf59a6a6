import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { BusError } from '../errors.ts';
import { MOST_MESSAGE_BYTES } from '../messages.ts';
import { reconnectPace } from './reconnect-pace.ts';
import type { Transport } from './transport.ts';

/** How to reach a NATS server. */
export interface NatsSettings {
  /** `nats://` or `tls://` URLs of the servers of one NATS cluster. A URL may carry user and password, or a token as user. */
  readonly servers: readonly string[];
  /** Name of this process, for the server's list of connections. */
  readonly name: string;
  /** File with the credentials of a decentralised account (`nsc generate creds`). */
  readonly credentialsFile?: string | undefined;
  /** PEM files. With one of them, the connection must use TLS. */
  readonly tls?:
    | {
        readonly caFile?: string | undefined;
        readonly certificateFile?: string | undefined;
        readonly keyFile?: string | undefined;
      }
    | undefined;
}

/** Bytes on their way to the server above which nothing more is taken. */
const MOST_UNSENT_BYTES = 16 * 1_024 * 1_024;
/** Bytes after which the client asks the server whether it has all of them. */
const FLUSH_BYTES = 1_024 * 1_024;
/** A server that does not answer two pings in a row is away. */
const PING_MS = 1_500;
const CONNECT_MS = 5_000;

/** A {@link Transport} over NATS core. The client connects again by itself, for as long as it takes. */
export class NatsTransport implements Transport {
  readonly #connection: NatsConnection;
  readonly #listeners: ((isConnected: boolean) => void)[] = [];
  #isConnected = true;
  /** Bytes published since the last question to the server, and those that it has not confirmed. */
  #fresh = 0;
  #unsent = 0;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    void this.#watch();
  }

  /** @throws {BusError} `unreachable` when no server accepts the connection, or the server does not accept the largest message of the bus */
  static async connect(settings: NatsSettings): Promise<NatsTransport> {
    const connection = await connect(optionsOf(settings)).catch((error: unknown) => {
      throw unusable(settings, error instanceof Error ? error.message : String(error));
    });
    const most = connection.info?.max_payload ?? MOST_MESSAGE_BYTES;
    if (most >= MOST_MESSAGE_BYTES) return new NatsTransport(connection);
    await connection.close();
    throw unusable(settings, `its max_payload is ${most} bytes, and must be at least ${MOST_MESSAGE_BYTES}`);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  publish(subject: string, data: Uint8Array): boolean {
    if (!this.#isConnected || this.#unsent + data.length > MOST_UNSENT_BYTES) return false;
    this.#connection.publish(subject, data);
    this.#unsent += data.length;
    this.#fresh += data.length;
    if (this.#fresh >= FLUSH_BYTES) this.#confirm();
    return true;
  }

  subscribe(subject: string, onData: (data: Uint8Array) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) onData(message.data);
      },
    });
    return () => subscription.unsubscribe();
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  async flush(): Promise<void> {
    await this.#connection.flush().catch((error: unknown) => {
      throw new BusError('unreachable', `the NATS server does not answer: ${String(error)}`, {});
    });
  }

  async close(): Promise<void> {
    this.#isConnected = false;
    await this.#connection.close();
  }

  #confirm(): void {
    const asked = this.#fresh;
    this.#fresh = 0;
    this.#connection.flush().then(
      () => {
        this.#unsent = Math.max(0, this.#unsent - asked);
      },
      () => undefined,
    );
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#tell(false);
      else if (type === 'reconnect') {
        this.#fresh = 0;
        this.#unsent = 0;
        this.#tell(true);
      }
    }
  }

  #tell(isConnected: boolean): void {
    if (this.#isConnected === isConnected || this.#connection.isClosed()) return;
    this.#isConnected = isConnected;
    for (const tell of this.#listeners) tell(isConnected);
  }
}

function unusable({ servers }: NatsSettings, reason: string): BusError {
  return new BusError('unreachable', `the NATS server ${servers.map(hostOf).join(', ')} cannot be used: ${reason}`, {});
}

function optionsOf({ servers, name, credentialsFile, tls }: NatsSettings): ConnectionOptions {
  const [first] = servers.map((server) => new URL(server));
  const user = decodeURIComponent(first?.username ?? '');
  const pass = decodeURIComponent(first?.password ?? '');
  const isTls = tls !== undefined || first?.protocol === 'tls:';
  return {
    name,
    servers: servers.map(hostOf),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
    ...(credentialsFile !== undefined && { authenticator: credsAuthenticator(readFileSync(credentialsFile)) }),
    ...(isTls && {
      tls: {
        ...(tls?.caFile !== undefined && { caFile: tls.caFile }),
        ...(tls?.certificateFile !== undefined && { certFile: tls.certificateFile }),
        ...(tls?.keyFile !== undefined && { keyFile: tls.keyFile }),
      },
    }),
    noEcho: true,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    ...reconnectPace(),
    // Otherwise the client closes the connection for ever when a server refuses it twice, for instance while passwords are changed.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_MS,
    maxPingOut: 2,
  };
}

/** Host and port of a server, without the secrets that its URL may carry. */
const hostOf = (server: string): string => new URL(server).host;
