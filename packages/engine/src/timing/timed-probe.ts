import type { PingHooks } from '@revtr/probing';
import type { RoundTimer } from './round-timer.ts';

/** One probe of a round, as its timer sees it. It is sent at the start of the round, unless the prober tells it otherwise. */
export class TimedProbe implements PingHooks {
  readonly #timer: RoundTimer;
  /** Until when the prober holds the probe back, and until when its host should have sent it, milliseconds after the start of the round. */
  #heldUntilMs = 0;
  #queuedUntilMs: number | undefined;
  /** From when its answer is waited for, milliseconds after the start. */
  #waitsFromMs = 0;

  constructor(timer: RoundTimer) {
    this.#timer = timer;
  }

  /** Where the probe is now: held back by the prober, or with the host that sends it, which has not sent it in time (`overdue`) or may still do so. */
  get state(): 'held' | 'queued' | 'overdue' | 'left' {
    const { elapsedMs } = this.#timer;
    if (this.#queuedUntilMs !== undefined) return elapsedMs < this.#queuedUntilMs ? 'queued' : 'overdue';
    return elapsedMs < this.#heldUntilMs ? 'held' : 'left';
  }

  /** How long the answer was waited for up to now, milliseconds. */
  get waitedMs(): number {
    // An answer may need less time for its way through the system than others, and it may overtake the news that its probe has left.
    return Math.max(0, this.#timer.elapsedMs - this.#waitsFromMs);
  }

  onHeld(ms: number): void {
    this.#heldUntilMs = ms;
    this.#waitsFromMs = ms;
    this.#timer.noteLeaving(ms);
  }

  onQueued(left: Promise<number>): void {
    this.#queuedUntilMs = this.#timer.noteQueued();
    this.#waitsFromMs = Number.POSITIVE_INFINITY;
    void left.then((wayMs) => {
      this.#queuedUntilMs = undefined;
      this.#waitsFromMs = this.#timer.elapsedMs + wayMs;
      this.#timer.noteLeft(this.#waitsFromMs);
    });
  }
}
