import type { Clock } from '@revtr/probing';

export interface CachedLookupsOptions {
  /** Look-ups under way at once. */
  readonly concurrency: number;
  /** Look-ups that may wait for a free place. Further ones are not made. */
  readonly mostWaiting: number;
  /** Longest time of one look-up, milliseconds. */
  readonly timeoutMs: number;
  /** How long a value is kept, milliseconds. */
  readonly keepMs: number;
  /** How long the absence of a value is remembered, milliseconds. */
  readonly keepMissMs: number;
  /** Most values kept. The oldest one is dropped first. */
  readonly capacity: number;
}

interface Kept<Value> {
  readonly value: Value | undefined;
  readonly until: number;
}

/** Look-ups with a bounded cache, of values and of misses. Callers that want the same key at the same time share one look-up. */
export class CachedLookups<Key, Value> {
  readonly #options: CachedLookupsOptions;
  readonly #clock: Clock;
  readonly #lookUp: (key: Key) => Promise<Value | undefined>;
  readonly #kept = new Map<Key, Kept<Value>>();
  readonly #pending = new Map<Key, Promise<Value | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(
    options: CachedLookupsOptions,
    collaborators: {
      readonly clock: Clock;
      /** Makes one look-up. A rejection counts as a miss. */
      readonly lookUp: (key: Key) => Promise<Value | undefined>;
    },
  ) {
    this.#options = options;
    this.#clock = collaborators.clock;
    this.#lookUp = collaborators.lookUp;
  }

  /** The value of a key; `undefined` when there is none, the look-up fails or takes too long, or too many others wait. */
  get(key: Key): Promise<Value | undefined> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#clock.now()) return Promise.resolve(kept.value);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const { concurrency, mostWaiting } = this.#options;
    if (this.#underWay >= concurrency && this.#waiting.length >= mostWaiting) return Promise.resolve(undefined);
    const value = this.#run(key).finally(() => this.#pending.delete(key));
    this.#pending.set(key, value);
    return value;
  }

  async #run(key: Key): Promise<Value | undefined> {
    const { concurrency, timeoutMs } = this.#options;
    if (this.#underWay >= concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay++;
    const over = new AbortController();
    const late = this.#clock.sleep(timeoutMs, over.signal).catch(() => undefined);
    try {
      const value = await Promise.race([this.#lookUp(key).catch(() => undefined), late.then(() => undefined)]);
      this.#keep(key, value);
      return value;
    } finally {
      over.abort();
      // The place goes to the next in line, or is free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }

  #keep(key: Key, value: Value | undefined): void {
    const { keepMs, keepMissMs, capacity } = this.#options;
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.#clock.now() + (value === undefined ? keepMissMs : keepMs) });
    if (this.#kept.size <= capacity) return;
    const oldest = this.#kept.keys().next();
    if (!oldest.done) this.#kept.delete(oldest.value);
  }
}
