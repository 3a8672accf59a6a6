import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Most bytes, and most messages, that may wait for a peer to read them. */
const MOST_UNSENT_BYTES = 4 * 2 ** 20;
const MOST_UNSENT_MESSAGES = 30_000;

/**
 * Sends messages as JSON over a WebSocket, and ends the connection of a peer that does not read them. Messages of one turn of the event loop leave
 * together, because each write costs a system call here and a wake-up there.
 */
export class BoundedSender {
  readonly #socket: WebSocket;
  readonly #onSlow: (reason: string) => void;
  #stream: Duplex | undefined;
  #unsent = 0;
  #isGathering = false;

  /** `onSlow` receives the reason before the connection ends. `stream`: what the WebSocket writes to, if it is known already, see {@link useStream}. */
  constructor(
    socket: WebSocket,
    collaborators: { readonly onSlow: (reason: string) => void; readonly stream?: Duplex | undefined },
  ) {
    this.#socket = socket;
    this.#onSlow = collaborators.onSlow;
    this.#stream = collaborators.stream;
    // Answers to pings wait in the same buffer.
    socket.on('ping', () => this.#check());
  }

  /** Sends a message; nothing happens once the connection closes. */
  send(message: object): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN || !this.#check()) return;
    this.#unsent++;
    this.#gather();
    socket.send(JSON.stringify(message), () => this.#unsent--);
  }

  /** Sets what the WebSocket writes to. Without it, each message leaves alone. */
  useStream(stream: Duplex): void {
    this.#stream = stream;
  }

  #gather(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isGathering) return;
    this.#isGathering = true;
    stream.cork();
    setImmediate(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  #check(): boolean {
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount <= MOST_UNSENT_BYTES && this.#unsent < MOST_UNSENT_MESSAGES) return true;
    this.#onSlow(`the peer does not read: ${bufferedAmount} bytes in ${this.#unsent} messages wait for it`);
    // A peer that does not read would not read a close frame either.
    this.#socket.terminate();
    return false;
  }
}
