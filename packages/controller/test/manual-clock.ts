import { type Clock, cancelled } from '@revtr/probing';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock for tests that stands still until the test moves it. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #now: number;

  /** @param now Time at which the clock starts, milliseconds since the Unix epoch. */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Sets the time back, as a person may do. */
  setBack(milliseconds: number): void {
    this.#now -= milliseconds;
  }

  /** How many callers sleep at this moment. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const stop = (): void => {
        this.#sleepers.delete(sleeper);
        reject(cancelled());
      };
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper = { at: this.#now + milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** Moves time forward. Sleepers wake in order, and each has run as far as it can before time goes on. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): Sleeper | undefined {
    const [first] = [...this.#sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    return first;
  }
}

/** Resolves when every promise that waits for nothing but other promises has settled. */
export async function settle(): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds++) await new Promise((resolve) => setImmediate(resolve));
}
