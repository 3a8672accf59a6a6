import type { Ipv4Address } from '@revtr/net';
import { RunningDistance } from './running-distance.ts';

/** What is known of the way from one vantage point into one prefix or network. */
export class VantagePointRecord extends RunningDistance {
  /** When the last answer was, milliseconds since the Unix epoch. */
  at: number;
  /** Routers through which every answer so far came in; those of a first answer are many, and each further one leaves fewer. */
  ingresses: readonly Ipv4Address[] | undefined;

  constructor(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined) {
    super(distance);
    this.at = at;
    this.ingresses = ingresses;
  }

  /** Corrects what is known by one more answer. */
  observe(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined): void {
    this.learn(distance);
    this.at = at;
    if (ingresses === undefined) return;
    const common = this.ingresses?.filter((address) => ingresses.includes(address)) ?? ingresses;
    // A way that shares nothing with the earlier ones has changed: the new one counts.
    this.ingresses = common.length > 0 ? common : ingresses;
  }
}
