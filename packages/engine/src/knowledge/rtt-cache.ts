import type { Ipv4Address } from '@revtr/net';

/** Most pairs that are kept; the one that was measured least recently is dropped first. */
const MOST_ENTRIES = 500_000;

/** Round-trip times from sources to hops, as long as they are valid. The same hops are on many paths. */
export class RttCache {
  readonly #keepMs: number;
  /** Entries, the oldest first. */
  readonly #entries = new Map<string, { readonly rttMs: number | undefined; readonly at: number }>();

  constructor(options: { /** How long an entry is valid, milliseconds. */ readonly keepMs: number }) {
    this.#keepMs = options.keepMs;
  }

  /**
   * The entry for a pair, whose `rttMs` is absent when the hop was silent; `undefined` when there is none that is younger than `maxAgeMs`
   * milliseconds.
   */
  find(
    source: Ipv4Address,
    hop: Ipv4Address,
    nowMs: number,
    maxAgeMs: number,
  ): { readonly rttMs: number | undefined } | undefined {
    const entry = this.#entries.get(`${source}>${hop}`);
    return entry !== undefined && nowMs - entry.at < Math.min(this.#keepMs, maxAgeMs) ? entry : undefined;
  }

  /** Stores a round-trip time, or a silence (`undefined`). */
  remember(source: Ipv4Address, hop: Ipv4Address, rttMs: number | undefined, nowMs: number): void {
    const key = `${source}>${hop}`;
    this.#entries.delete(key);
    this.#entries.set(key, { rttMs, at: nowMs });
    for (const [oldest, { at }] of this.#entries) {
      if (this.#entries.size <= MOST_ENTRIES && nowMs - at < this.#keepMs) break;
      this.#entries.delete(oldest);
    }
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }
}
