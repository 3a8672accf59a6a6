import type { Ipv4Address } from '@revtr/net';
import { RunningDistance } from './running-distance.ts';

/** What is known of the path from one vantage point into one prefix or network. */
export class VantagePointRecord extends RunningDistance {
  /** When the last answer was, milliseconds since the Unix epoch. */
  at: number;
  /** Routers that every answer so far came in by. The first answer gives many candidates; each further answer leaves fewer. */
  ingresses: readonly Ipv4Address[] | undefined;

  constructor(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined) {
    super(distance);
    this.at = at;
    this.ingresses = ingresses;
  }

  /** Learns from one more answer, received at `at` (milliseconds since the Unix epoch). */
  observe(distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined): void {
    this.learn(distance);
    this.at = at;
    if (ingresses === undefined) return;
    const common = this.ingresses?.filter((address) => ingresses.includes(address)) ?? ingresses;
    // The path changed if it shares no router with earlier ones: the new one counts.
    this.ingresses = common.length > 0 ? common : ingresses;
  }
}
