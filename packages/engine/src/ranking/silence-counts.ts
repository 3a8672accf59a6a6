import type { Ipv4Address } from '@revtr/net';

/** Silences in a row after which the packets of a vantage point count as filtered on the path to a prefix. */
const FILTERED_AFTER = 2;

/** How often in a row a prefix that answers other vantage points has not answered one of them. */
export class SilenceCounts {
  readonly #byPrefix = new Map<number, Map<Ipv4Address, number>>();

  recordSilence(prefix: number, sender: Ipv4Address): void {
    const bySender = this.#byPrefix.get(prefix) ?? new Map<Ipv4Address, number>();
    this.#byPrefix.set(prefix, bySender);
    bySender.set(sender, (bySender.get(sender) ?? 0) + 1);
  }

  recordAnswer(prefix: number, sender: Ipv4Address): void {
    this.#byPrefix.get(prefix)?.delete(sender);
  }

  /** A test for one prefix: whether the packets of a vantage point count as filtered on the path to it. */
  filterOf(prefix: number): (sender: Ipv4Address) => boolean {
    const bySender = this.#byPrefix.get(prefix);
    return (sender) => (bySender?.get(sender) ?? 0) >= FILTERED_AFTER;
  }
}
