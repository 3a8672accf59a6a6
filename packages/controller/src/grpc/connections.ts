import type { Http2Session, ServerHttp2Session } from 'node:http2';
import type { GrpcLimits } from './limits.ts';

interface Connection {
  readonly client: string;
  calls: number;
  /** When the last call ended, or the connection began. */
  idleSince: number;
  /** Bytes that had been received when the latest ping was sent. */
  bytesAtPing: number;
}

/** The connections of a gRPC server: closes those that are dead, or that have had no call for long. */
export class Connections {
  readonly #limits: Pick<GrpcLimits, 'pingMs' | 'idleMs'>;
  readonly #open = new Map<Http2Session, Connection>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: Pick<GrpcLimits, 'pingMs' | 'idleMs'>) {
    this.#limits = limits;
  }

  start(): void {
    this.#timer = setInterval(() => this.#check(), this.#limits.pingMs).unref();
  }

  /** Adds a connection until it is closed. */
  add(session: ServerHttp2Session, client: string): void {
    const connection: Connection = { client, calls: 0, idleSince: performance.now(), bytesAtPing: -1 };
    this.#open.set(session, connection);
    session.once('close', () => this.#open.delete(session));
    session.on('stream', (stream) => {
      connection.calls++;
      stream.once('close', () => {
        connection.calls--;
        connection.idleSince = performance.now();
      });
    });
  }

  /** Address of the client of a connection. */
  clientOf(session: Http2Session | undefined): string | undefined {
    return session === undefined ? undefined : this.#open.get(session)?.client;
  }

  /** Lets the calls under way end, accepts no other, and closes each connection that has none. */
  stop(): void {
    clearInterval(this.#timer);
    for (const session of this.#open.keys()) session.close();
  }

  #check(): void {
    const now = performance.now();
    for (const [session, connection] of this.#open) {
      // An answer to a ping is received like everything else.
      const received = session.socket?.bytesRead ?? 0;
      if (received === connection.bytesAtPing) session.destroy();
      else if (connection.calls === 0 && now - connection.idleSince >= this.#limits.idleMs) session.close();
      else {
        connection.bytesAtPing = received;
        ping(session);
      }
    }
  }
}

function ping(session: Http2Session): void {
  if (session.destroyed || !session.ping(() => undefined)) session.destroy();
}
