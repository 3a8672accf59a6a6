import type { Ipv4Address } from '@revtr/net';

/** What is known of the way from one vantage point into one prefix or network. */
export class VantagePointRecord {
  /** Mean Record Route distance; unreachable counts as the length of the option. */
  distance: number;
  /** Answers that count, at most {@link MEMORY}, so that the mean follows changes. */
  count = 1;
  /** When the last answer was, milliseconds since the Unix epoch. */
  at: number;
  /** Routers through which every answer so far came in; those of a first answer are many, and each further one leaves fewer. */
  ingresses: readonly Ipv4Address[] | undefined;

  constructor(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined) {
    this.distance = distance;
    this.at = at;
    this.ingresses = ingresses;
  }

  /** Corrects what is known by one more answer. */
  observe(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined): void {
    this.count = Math.min(this.count + 1, MEMORY);
    this.distance += (distance - this.distance) / this.count;
    this.at = at;
    if (ingresses === undefined) return;
    const common = this.ingresses?.filter((address) => ingresses.includes(address)) ?? ingresses;
    // A way that shares nothing with the earlier ones has changed: the new one counts.
    this.ingresses = common.length > 0 ? common : ingresses;
  }
}

const MEMORY = 16;
