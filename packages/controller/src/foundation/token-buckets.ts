import type { Clock } from '@revtr/probing';

export interface TokenBucketsOptions {
  /** Tokens that a full bucket holds: the largest burst. */
  readonly burst: number;
  /** Tokens that flow into a bucket per second. */
  readonly perSecond: number;
  /** Buckets kept at once. When more are needed, full buckets are forgotten first, then the oldest. */
  readonly mostBuckets: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key: each key may use `burst` tokens at once and `perSecond` in the long run. Memory is bounded. */
export class TokenBuckets<Key> {
  readonly #options: TokenBucketsOptions;
  readonly #clock: Clock;
  readonly #buckets = new Map<Key, Bucket>();

  constructor(options: TokenBucketsOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
  }

  /** Takes a token. Returns whether there was one. */
  take(key: Key): boolean {
    const tokens = this.#levelOf(key);
    if (tokens < 1) return false;
    if (!this.#buckets.has(key) && this.#buckets.size >= this.#options.mostBuckets) this.#shrink();
    this.#buckets.set(key, { tokens: tokens - 1, at: this.#clock.now() });
    return true;
  }

  /** Returns a token that was taken for something that turned out to be free. */
  giveBack(key: Key): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#options.burst, bucket.tokens + 1);
  }

  /** Seconds until a token is available, rounded up; 0 if one is available now. */
  secondsUntilNext(key: Key): number {
    return Math.ceil(Math.max(0, 1 - this.#levelOf(key)) / this.#options.perSecond);
  }

  #levelOf(key: Key): number {
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? this.#options.burst : this.#levelAt(bucket, this.#clock.now());
  }

  #levelAt({ tokens, at }: Bucket, now: number): number {
    const { burst, perSecond } = this.#options;
    return Math.min(burst, tokens + (Math.max(0, now - at) / 1000) * perSecond);
  }

  #shrink(): void {
    const now = this.#clock.now();
    for (const [key, bucket] of this.#buckets)
      if (this.#levelAt(bucket, now) >= this.#options.burst) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size < this.#options.mostBuckets) return;
      this.#buckets.delete(key);
    }
  }
}
