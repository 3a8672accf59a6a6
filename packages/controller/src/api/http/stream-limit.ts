import { ControllerError } from '../../foundation/errors.ts';

const RETRY = { retryAfterSeconds: 10 };

/** Limits how many streams are open, in all and for each user: each holds a connection and some memory. */
export class StreamLimit {
  readonly #options: { readonly perUser: number; readonly inAll: number };
  readonly #open = new Map<number, number>();
  #all = 0;

  constructor(options: { readonly perUser: number; readonly inAll: number }) {
    this.#options = options;
  }

  /** Counts a stream of a user until the returned function is called. @throws {ControllerError} `tooManyRequests` */
  enter(userId: number): () => void {
    const { perUser, inAll } = this.#options;
    const own = this.#open.get(userId) ?? 0;
    if (own >= perUser)
      throw new ControllerError('tooManyRequests', `you have ${own} streams open, the most allowed`, RETRY);
    if (this.#all >= inAll)
      throw new ControllerError('tooManyRequests', 'the server has as many streams open as it can', RETRY);
    this.#open.set(userId, own + 1);
    this.#all++;
    return () => {
      this.#all--;
      const left = (this.#open.get(userId) ?? 1) - 1;
      if (left === 0) this.#open.delete(userId);
      else this.#open.set(userId, left);
    };
  }
}
