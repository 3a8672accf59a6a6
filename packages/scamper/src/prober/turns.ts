import type { Ipv4Address } from '@revtr/net';
import { cancelled } from '@revtr/probing';

/**
 * Lets probes to one target go one after the other: scamper does so anyway, and says nothing about those that wait. Whose
 * turn has not come has not been sent, so that its time does not run yet.
 */
export class Turns {
  readonly #last = new Map<Ipv4Address, Promise<void>>();

  /** Runs `work` when all earlier ones for `target` have ended. @throws {ProbingError} `cancelled` while it waits */
  async take<T>(target: Ipv4Address, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(target);
    const { promise: mine, resolve: finish } = Promise.withResolvers<void>();
    const ended = before === undefined ? mine : before.then(() => mine);
    this.#last.set(target, ended);
    try {
      if (before !== undefined) await before;
      if (signal?.aborted) throw cancelled();
      return await work();
    } finally {
      finish();
      if (this.#last.get(target) === ended) this.#last.delete(target);
    }
  }
}
