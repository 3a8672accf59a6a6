import { type Clock, cancelled, untilAborted } from '@revtr/probing';
import { EventHeap, type ScheduledEvent } from './event-heap.ts';

/** Options of a {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** Time at which the clock starts, milliseconds since the Unix epoch. */
  readonly startMs: number;
}

/** Events this close to the earliest one happen together with it, milliseconds. */
const GRANULARITY_MS = 0.05;

/**
 * A virtual clock. It advances to the next event as soon as all pending promises have settled; between
 * {@link VirtualClock.pace} and {@link VirtualClock.unpace} it follows the clock of the machine.
 */
export class VirtualClock implements Clock {
  readonly #events = new EventHeap();
  #now: number;
  #paced: { readonly virtual: number; readonly real: number } | undefined;
  #running = false;
  #isHeld = false;
  #wake: (() => void) | undefined;

  constructor(options: VirtualClockOptions) {
    this.#now = options.startMs;
  }

  now(): number {
    if (this.#paced === undefined) return this.#now;
    return Math.max(this.#now, this.#paced.virtual + performance.now() - this.#paced.real);
  }

  /** Schedules `action` after `milliseconds`. */
  schedule(milliseconds: number, action: () => void): ScheduledEvent {
    const event = this.#events.push(this.now() + Math.max(0, milliseconds), action);
    this.#wake?.();
    return event;
  }

  /**
   * Schedules `action` at `atMs`, or now when that is past. The action must not settle a promise: the clock runs internal events in a row
   * without a pause for pending promises, which is much faster.
   */
  scheduleInternal(atMs: number, action: () => void): void {
    this.#events.push(Math.max(this.now(), atMs), action, true);
    this.#wake?.();
  }

  cancel(event: ScheduledEvent): void {
    this.#events.cancel(event);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const stop = (): void => {
        this.cancel(event);
        reject(cancelled());
      };
      const event = this.schedule(milliseconds, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /**
   * Switches to real time, which begins at `atMs`, milliseconds since the Unix epoch. Default: the time of the clock, which it never goes
   * behind.
   */
  pace(atMs: number = this.now()): void {
    this.#paced = { virtual: Math.max(this.now(), atMs), real: performance.now() };
    this.#wake?.();
  }

  /** Switches back from real time: the clock advances to the next event as soon as it can. */
  unpace(): void {
    this.#now = this.now();
    this.#paced = undefined;
    this.#wake?.();
  }

  /** Stops time, paced or not, until the function that it returns is called. */
  hold(): () => void {
    const paced = this.#paced !== undefined;
    this.unpace();
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      if (paced) this.pace();
      this.#wake?.();
    };
  }

  /** Drives time until `work` settles, and returns what it returns. One drive at a time. */
  async drive<T>(work: Promise<T>): Promise<T> {
    this.#running = true;
    const finish = (): void => {
      this.#running = false;
      this.#wake?.();
    };
    work.then(finish, finish);
    await this.#run();
    return work;
  }

  /** Drives time until `signal` fires: for a server. */
  async runUntil(signal: AbortSignal): Promise<void> {
    await this.drive(untilAborted(signal));
  }

  async #run(): Promise<void> {
    for (;;) {
      await rest();
      if (!this.#running) return;
      const next = this.#events.peek();
      const wait = next === undefined || this.#isHeld ? Number.POSITIVE_INFINITY : next.at - this.now();
      if (next === undefined || this.#isHeld || (this.#paced !== undefined && wait > 0)) {
        await this.#waitForWork(wait);
        continue;
      }
      this.#runDueEvents();
    }
  }

  /** Runs internal events up to the first other event, and with that event all that happen together with it. */
  #runDueEvents(): void {
    let until = this.#paced === undefined ? Number.POSITIVE_INFINITY : this.now();
    for (let event = this.#events.peek(); event !== undefined && event.at <= until; event = this.#events.peek()) {
      this.#events.pop();
      if (event.at > this.#now) this.#now = event.at;
      if (!event.isInternal) until = Math.min(until, event.at + GRANULARITY_MS);
      event.action?.();
    }
  }

  /** Waits until `milliseconds` of real time have passed, something was scheduled, or the drive is over. */
  #waitForWork(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.min(milliseconds, 60_000));
      this.#wake = done;
    });
  }
}

/** Resolves when every promise that could go on has done so. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
