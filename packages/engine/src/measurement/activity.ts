import type { Ipv4Address } from '@revtr/net';

/** What a measurement is doing at the moment. */
export interface Activity {
  /** Name of the technique that looks for the next hops, or `roundTripTimes` or `forwardTraceroute`. */
  readonly technique: string;
  /** The hop that is asked, or whose next hop is looked for; for the last two the destination. */
  readonly hop: Ipv4Address;
  /** How many vantage points were asked at the same time; absent where the technique asks none. */
  readonly vantagePoints?: number;
}
