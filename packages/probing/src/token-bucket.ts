/** A token bucket: lets through `capacity` at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #options: { readonly capacity: number; readonly perSecond: number };
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** `now`: milliseconds of a steady clock. */
  constructor(
    options: { readonly capacity: number; readonly perSecond: number },
    collaborators: { readonly now: () => number },
  ) {
    this.#options = options;
    this.#now = collaborators.now;
    this.#tokens = options.capacity;
    this.#filledAt = this.#now();
  }

  /** Takes tokens; `false`, without taking any, when there are too few. */
  take(tokens: number): boolean {
    const now = this.#now();
    const { capacity, perSecond } = this.#options;
    this.#tokens = Math.min(capacity, this.#tokens + (Math.max(0, now - this.#filledAt) / 1_000) * perSecond);
    this.#filledAt = now;
    if (tokens > this.#tokens) return false;
    this.#tokens -= tokens;
    return true;
  }
}
