import type { Ipv4Address } from '@revtr/net';

/** Round-trip times from sources to hops, at most 500,000. The same hops are on many paths. */
export class RttCache {
  readonly #keepMs: number;
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
    this.#entries.set(`${source}>${hop}`, { rttMs, at: nowMs });
    if (this.#entries.size <= 500_000) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
