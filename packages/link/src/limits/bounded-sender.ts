import type { WebSocket } from 'ws';

/** Most bytes, and most messages, that may wait for a peer to read them. */
const MOST_UNSENT_BYTES = 4 * 2 ** 20;
const MOST_UNSENT_MESSAGES = 30_000;

/** Sends messages as JSON over a WebSocket, and ends the connection of a peer that does not read them. */
export class BoundedSender {
  readonly #socket: WebSocket;
  readonly #onSlow: (reason: string) => void;
  #unsent = 0;

  /** `onSlow` receives the reason before the connection ends. */
  constructor(socket: WebSocket, collaborators: { readonly onSlow: (reason: string) => void }) {
    this.#socket = socket;
    this.#onSlow = collaborators.onSlow;
    // Answers to pings wait in the same buffer.
    socket.on('ping', () => this.#check());
  }

  /** Sends a message; nothing happens once the connection closes. */
  send(message: object): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN || !this.#check()) return;
    this.#unsent++;
    socket.send(JSON.stringify(message), () => this.#unsent--);
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
