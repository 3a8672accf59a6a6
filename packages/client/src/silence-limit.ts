/** Ends a stream that has gone silent: a connection may be lost without a word, and the stream would then wait without end. */
export class SilenceLimit {
  readonly #ms: number;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms the longest silence, in milliseconds */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Fires when a wait has taken too long; its reason says so. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Limits how long `wait` may take. */
  async during<T>(wait: Promise<T>): Promise<T> {
    const message = `the server has sent nothing for ${this.#ms / 1_000} seconds`;
    this.#timer = setTimeout(() => this.#over.abort(new Error(message)), this.#ms);
    try {
      return await wait;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** The same chunks; the wait for each of them is limited. */
  async *between<Chunk>(chunks: AsyncGenerator<Chunk>): AsyncGenerator<Chunk> {
    try {
      for (;;) {
        const next = await this.during(chunks.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await chunks.return(undefined);
    }
  }
}
