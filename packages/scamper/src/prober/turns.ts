import type { Ipv4Address } from '@revtr/net';
import { cancelled } from '@revtr/probing';

/**
 * Runs the probes to one target one after the other. scamper does the same, but does not report when a waiting probe begins; without
 * these turns, the timeout of a probe would begin before the probe is sent.
 */
export class Turns {
  readonly #last = new Map<Ipv4Address, Promise<void>>();

  /** Runs `work` after all earlier work for `target` has ended. @throws {ProbingError} `cancelled` when `signal` fired meanwhile */
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
