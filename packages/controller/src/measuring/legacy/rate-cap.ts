import { type Clock, cancelled, ProbingError } from '@revtr/probing';

export interface RateCapOptions {
  /** Packets per second in the long run. */
  readonly perSecond: number;
  /** Longest time that a probe waits for its turn, milliseconds. */
  readonly mostWaitMs: number;
}

const BURST_MS = 1_000;

/** Spaces the packets of one agent: a second's worth at once, and `perSecond` in the long run. Probes leave in the order in which they ask. */
export class RateCap {
  readonly #options: RateCapOptions;
  readonly #clock: Clock;
  /** When all packets that were asked for so far have had their time, milliseconds since the Unix epoch. */
  #usedUntil: number;

  constructor(options: RateCapOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
    this.#usedUntil = this.#clock.now() - BURST_MS;
  }

  /**
   * Waits until `packets` may leave.
   * @throws {ProbingError} `proberStopped` when that would take too long, `cancelled`
   */
  async take(packets: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    const { mostWaitMs, perSecond } = this.#options;
    const now = this.#clock.now();
    const waitMs = Math.max(0, this.#usedUntil - now);
    if (waitMs > mostWaitMs)
      throw new ProbingError('proberStopped', `the agent has sent its ${perSecond} packets per second for some time`);
    this.use(packets);
    if (waitMs === 0) return;
    try {
      await this.#clock.sleep(waitMs, signal);
    } catch (error) {
      this.use(-packets);
      throw error;
    }
  }

  /** Counts packets that were not asked for, such as the further ones of a traceroute; less than zero: packets that did not leave after all. */
  use(packets: number): void {
    const from = Math.max(this.#usedUntil, this.#clock.now() - BURST_MS);
    this.#usedUntil = from + (packets * 1_000) / this.#options.perSecond;
  }
}
