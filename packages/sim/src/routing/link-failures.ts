import type { Random } from '@revtr/probing';
import { exponential } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { TimedEvent } from './network-state.ts';
import type { EventSource } from './timeline.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Links that fail and recover by themselves: a Poisson process over all links, with exponential durations. */
export class LinkFailures implements EventSource {
  readonly #interfaces: readonly number[];
  readonly #meanGapMs: number;
  readonly #meanDurationMs: number;
  readonly #random: Random;
  /** Recoveries to come, in order of time. */
  readonly #recoveries: TimedEvent[] = [];
  #failure: TimedEvent | undefined;
  /** Either interface of the link that fails next. */
  #link = 0;

  /** @param options the interfaces of links that can fail, and the start, milliseconds since the Unix epoch */
  constructor(
    options: { readonly interfaces: readonly number[]; readonly startMs: number },
    { linkFailuresPerDay, linkFailureMinutes }: SimParameters,
    random: Random,
  ) {
    this.#interfaces = options.interfaces;
    this.#meanGapMs = DAY_MS / (linkFailuresPerDay * (options.interfaces.length / 2));
    this.#meanDurationMs = linkFailureMinutes * MINUTE_MS;
    this.#random = random;
    this.#failure =
      linkFailuresPerDay === 0 || options.interfaces.length === 0 ? undefined : this.#fail(options.startMs);
  }

  get next(): TimedEvent | undefined {
    const [recovery] = this.#recoveries;
    if (recovery === undefined || this.#failure === undefined) return recovery ?? this.#failure;
    return recovery.atMs < this.#failure.atMs ? recovery : this.#failure;
  }

  take(): void {
    const taken = this.next;
    if (taken === undefined) return;
    if (taken !== this.#failure) {
      this.#recoveries.shift();
      return;
    }
    const atMs = taken.atMs + exponential(this.#random.next(), this.#meanDurationMs);
    const later = this.#recoveries.findIndex((other) => other.atMs > atMs);
    const recovery: TimedEvent = { event: { type: 'linkUp', interface: this.#link }, atMs };
    this.#recoveries.splice(later < 0 ? this.#recoveries.length : later, 0, recovery);
    this.#failure = this.#fail(taken.atMs);
  }

  #fail(afterMs: number): TimedEvent {
    this.#link = this.#random.pick(this.#interfaces);
    const atMs = afterMs + exponential(this.#random.next(), this.#meanGapMs);
    return { event: { type: 'linkDown', interface: this.#link }, atMs };
  }
}
