import type { Ipv4Address } from '@revtr/net';
import { backOff } from '@revtr/probing';
import { BoundedMap } from '../collections/bounded-map.ts';

/** Silences in a row after which the packets of a vantage point count as filtered on the path to a prefix. */
const FILTERED_AFTER = 2;
/** How long it is then not asked, milliseconds. Each further silence doubles the time. */
const FILTERED_FOR = { firstMs: 1_800_000, mostMs: 6 * 3_600_000, jitter: 0 };
/** Most prefixes that are kept. */
const CAPACITY = 100_000;

interface Silences {
  readonly count: number;
  readonly until: number;
}

/**
 * How often in a row a prefix that answers other vantage points has not answered one of them. After two silences the vantage point is not
 * asked for a while; then one further silence is enough.
 */
export class SilenceCounts {
  readonly #byPrefix = new BoundedMap<number, Map<Ipv4Address, Silences>>({ capacity: CAPACITY });

  /** Records a silence at `nowMs` (milliseconds since the Unix epoch). */
  recordSilence(prefix: number, sender: Ipv4Address, nowMs: number): void {
    const bySender = this.#byPrefix.getOrAdd(prefix, () => new Map());
    const known = bySender.get(sender);
    // Several pings that were sent before the exclusion end after it.
    if (known !== undefined && nowMs < known.until) return;
    const count = (known?.count ?? 0) + 1;
    const until = count < FILTERED_AFTER ? 0 : nowMs + backOff(FILTERED_FOR, count - FILTERED_AFTER + 1, () => 0);
    bySender.set(sender, { count, until });
  }

  recordAnswer(prefix: number, sender: Ipv4Address): void {
    this.#byPrefix.get(prefix)?.delete(sender);
  }

  /** What is filtered on the paths to a prefix at `nowMs`, and until when that does not change by itself. */
  filterOf(
    prefix: number,
    nowMs: number,
  ): { readonly isFiltered: (sender: Ipv4Address) => boolean; readonly validUntil: number } {
    const filtered = [...(this.#byPrefix.get(prefix) ?? [])].filter(([, { until }]) => nowMs < until);
    const senders = new Set(filtered.map(([sender]) => sender));
    const validUntil = filtered.reduce(
      (earliest, [, { until }]) => Math.min(earliest, until),
      Number.POSITIVE_INFINITY,
    );
    return { isFiltered: (sender) => senders.has(sender), validUntil };
  }
}
