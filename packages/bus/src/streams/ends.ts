/** Most ends that wait until they can be told. */
const MOST_UNTOLD = 100_000;

/**
 * Tells other processes that streams have ended: they would wait for responses for ever, or serve nobody. Those that cannot be told, because the
 * transport does not take the message, are told later.
 */
export class Ends {
  readonly #send: (peer: string, stream: string) => boolean;
  readonly #untold = new Map<string, { readonly peer: string; readonly stream: string }>();

  /** `send` returns whether the transport took the message. */
  constructor(send: (peer: string, stream: string) => boolean) {
    this.#send = send;
  }

  /** A stream has ended here. */
  tell(peer: string, stream: string): void {
    if (!this.#send(peer, stream)) this.tellLater(peer, stream);
  }

  /** The message that a stream has ended here was not taken after all. */
  tellLater(peer: string, stream: string): void {
    this.#untold.set(`${peer} ${stream}`, { peer, stream });
    const [oldest] = this.#untold.keys();
    if (this.#untold.size > MOST_UNTOLD) this.#untold.delete(oldest);
  }

  /** Tells those that could not be told before. */
  retry(): void {
    for (const [key, { peer, stream }] of this.#untold) {
      if (!this.#send(peer, stream)) return;
      this.#untold.delete(key);
    }
  }
}
