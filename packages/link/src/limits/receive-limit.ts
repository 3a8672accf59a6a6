import { TokenBucket } from '@revtr/probing';
import { LinkError } from '../errors.ts';

/** Messages and bytes that one peer may send at once, and per second in the long run. */
const MESSAGES = { capacity: 30_000, perSecond: 10_000 };
const BYTES = { capacity: 64 * 2 ** 20, perSecond: 16 * 2 ** 20 };

/** Limits what one connection may send. */
export class ReceiveLimit {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;

  /** `now`: milliseconds of a steady clock. */
  constructor(collaborators: { readonly now: () => number }) {
    this.#messages = new TokenBucket(MESSAGES, collaborators);
    this.#bytes = new TokenBucket(BYTES, collaborators);
  }

  /** Counts a message or ping. @throws {LinkError} `overloaded` when the peer sends too much */
  count(bytes: number): void {
    if (!this.#messages.take(1))
      throw new LinkError('overloaded', `more than ${MESSAGES.perSecond} messages a second`, {
        limit: MESSAGES.perSecond,
      });
    if (!this.#bytes.take(bytes))
      throw new LinkError('overloaded', `more than ${BYTES.perSecond} bytes a second`, { limit: BYTES.perSecond });
  }
}
