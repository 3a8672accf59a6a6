import type { Clock } from '@revtr/probing';
import { ControllerError } from './errors.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Mails that strangers can have sent to one address: five at once, and one every ten minutes. */
const MAILS = { burst: 5, perSecond: 1 / 600, mostBuckets: 100_000 };

/** Limits the mails that requests without a key send to one address, whoever sends the requests. */
export class RecipientLimit {
  readonly #mails: TokenBuckets<string>;

  constructor(collaborators: { readonly clock: Clock }) {
    this.#mails = new TokenBuckets(MAILS, collaborators);
  }

  /** Counts a mail. It does not depend on whether the address has an account. @throws {ControllerError} `tooManyRequests` */
  count(email: string): void {
    const recipient = email.toLowerCase();
    if (this.#mails.take(recipient)) return;
    throw new ControllerError('tooManyRequests', 'too many mails were requested for this e-mail address', {
      retryAfterSeconds: this.#mails.secondsUntilNext(recipient),
    });
  }
}
