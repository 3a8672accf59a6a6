import { connect, type Socket } from 'node:net';
import type { Clock, Random } from '@revtr/probing';

export interface HostileClientsCollaborators {
  readonly clock: Clock;
  readonly random: Random;
}

const AT_ONCE = 40;
const PAUSE_MS = 100;
const CHUNK = 'x'.repeat(64 * 1024);

/** Clients that attack an API: each attack opens a connection, and holds it for up to a minute. */
export class HostileClients {
  readonly #port: number;
  readonly #key: string;
  readonly #collaborators: HostileClientsCollaborators;
  readonly #sockets = new Set<Socket>();
  #attacks = 0;

  /** `key`: an API key that is valid, for attacks by a user. */
  constructor(options: { readonly port: number; readonly key: string }, collaborators: HostileClientsCollaborators) {
    this.#port = options.port;
    this.#key = options.key;
    this.#collaborators = collaborators;
  }

  get attacks(): number {
    return this.#attacks;
  }

  /** Attacks until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#collaborators;
    const kinds = [
      () => this.#send('PUT /api/v2/datasets/hitlist', 'content-type: text/plain', 1_000),
      () => this.#send('POST /api/v1/revtr', 'content-type: application/json\r\nrevtr-key: revtr_guessed', 200),
      () => this.#send('POST /api/v1/revtr', `content-type: application/json\r\nrevtr-key: ${this.#key}`, 300),
      () => this.#slow('POST /api/v1/revtr HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n'),
      () => this.#slow('GET / HTTP/1.1\r\nhost: x\r\n'),
      () => this.#stall('GET /api/v2/batches/1/events?paths=true'),
      () => this.#stall('GET /api/v2/batches/1'),
      () =>
        this.#raw(
          `POST /api/v1/revtr HTTP/1.1\r\nhost: x\r\nrevtr-key: ${this.#key}\r\ncontent-type: application/json\r\ncontent-length: 20000\r\n\r\n${'['.repeat(20_000)}`,
        ),
      () => this.#raw(`GET /${random.below(2) === 0 ? '%' : '..%2f..%2fetc%2fpasswd'} HTTP/1.1\r\nhost: x\r\n\r\n`),
      () => this.#raw(`GET / HTTP/1.1\r\nlong: ${CHUNK}\r\n\r\n`),
      () => this.#raw('\u0016\u0003\u0001\u0002\u0000\u0001\u0000'),
    ];
    while (!signal.aborted) {
      if (this.#sockets.size < AT_ONCE) random.pick(kinds)();
      await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  /** An endless body in chunks. */
  #send(request: string, headers: string, chunks: number): void {
    const socket = this.#open();
    socket.write(`${request} HTTP/1.1\r\nhost: x\r\n${headers}\r\ntransfer-encoding: chunked\r\n\r\n`);
    let left = chunks;
    const more = (): void => {
      while (left-- > 0 && !socket.destroyed)
        if (!socket.write(`${CHUNK.length.toString(16)}\r\n${CHUNK}\r\n`)) return void socket.once('drain', more);
    };
    more();
  }

  /** One byte a second. */
  #slow(head: string): void {
    const socket = this.#open();
    socket.write(head);
    const timer = setInterval(() => socket.write('a'), 1_000);
    socket.once('close', () => clearInterval(timer));
  }

  /** Asks for much, and reads nothing. */
  #stall(request: string): void {
    const socket = this.#open();
    socket.pause();
    for (let i = 0; i < 20; i++) socket.write(`${request} HTTP/1.1\r\nhost: x\r\nrevtr-key: ${this.#key}\r\n\r\n`);
  }

  #raw(text: string): void {
    this.#open().write(text);
  }

  #open(): Socket {
    this.#attacks++;
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), 5_000 + this.#collaborators.random.below(55_000));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    socket.resume();
    return socket;
  }
}
