import type { ServerResponse } from 'node:http';
import { Tally } from '@revtr/link';
import { ControllerError } from '../../foundation/errors.ts';

const RETRY = { retryAfterSeconds: 10 };

/** Limits how many streams are open, in all and for each user: each holds a connection and some memory. */
export class StreamLimit {
  readonly #options: { readonly perUser: number; readonly inAll: number };
  readonly #open = new Tally<number | string>();

  constructor(options: { readonly perUser: number; readonly inAll: number }) {
    this.#options = options;
  }

  /**
   * Counts a stream of a user, or of a visitor's client address, until its response is closed. Returns how to end that earlier; without a
   * response, nothing else ends it.
   * @throws {ControllerError} `tooManyRequests`
   */
  enter(user: number | string, response?: ServerResponse): () => void {
    // A response that is closed already tells nobody so again: the client left while its request was looked at.
    if (response?.destroyed) return () => undefined;
    const { perUser, inAll } = this.#options;
    const own = this.#open.of(user);
    if (own >= perUser)
      throw new ControllerError('tooManyRequests', `you have ${own} streams open, the most allowed`, RETRY);
    if (this.#open.total >= inAll)
      throw new ControllerError('tooManyRequests', 'the server has as many streams open as it can', RETRY);
    this.#open.add(user, 1);
    let isOpen = true;
    const leave = (): void => {
      if (!isOpen) return;
      isOpen = false;
      response?.off('close', leave);
      this.#open.add(user, -1);
    };
    response?.once('close', leave);
    return leave;
  }
}
