import { Tally } from '@revtr/link';
import { ControllerError } from '../../../foundation/errors.ts';

const MIB = 2 ** 20;
const RETRY = { retryAfterSeconds: 10 };

/** Limits the memory of answers of gRPC, which exist as a whole until they are sent. */
export class AnswerBudget {
  readonly #limits: { readonly perUser: number; readonly inAll: number };
  readonly #held = new Tally<number>();

  /** Bytes. Default 128 MiB for the answers of a user, and 256 MiB in all. */
  constructor(limits: { readonly perUser: number; readonly inAll: number } = { perUser: 128 * MIB, inAll: 256 * MIB }) {
    this.#limits = limits;
  }

  /** Takes memory for one answer, more and more, until `ended` fires. */
  for(userId: number, ended: AbortSignal): AnswerMemory {
    let held = 0;
    const add = (bytes: number): void => {
      held += bytes;
      this.#held.add(userId, bytes);
    };
    ended.addEventListener('abort', () => add(-held), { once: true });
    return {
      take: (bytes) => {
        ended.throwIfAborted();
        const { perUser, inAll } = this.#limits;
        if (held + bytes > perUser)
          throw new ControllerError(
            'bodyTooLarge',
            `the answer exceeds ${perUser / MIB} MiB: ask for it in pages, with GET /api/v2/measurements`,
          );
        if (this.#held.of(userId) + bytes > perUser)
          throw new ControllerError('tooManyRequests', 'too many large answers to you are under way', RETRY);
        if (this.#held.total + bytes > inAll)
          throw new ControllerError('tooManyRequests', 'too many large answers are under way', RETRY);
        add(bytes);
        return () => {
          if (!ended.aborted) add(-bytes);
        };
      },
    };
  }
}

/** The memory of one answer. */
export interface AnswerMemory {
  /**
   * Takes bytes. Returns how to give them back before the answer ends, once.
   * @throws {ControllerError} `bodyTooLarge` if the answer alone takes too much, else `tooManyRequests`
   * @throws the reason of the signal when the call has ended: nobody waits for the answer
   */
  take(bytes: number): () => void;
}
