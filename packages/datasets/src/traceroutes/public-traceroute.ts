import type { Ipv4Address } from '@revtr/net';

/** A traceroute that somebody published. It has reached its target. */
export interface PublicTraceroute {
  readonly origin: Ipv4Address;
  readonly target: Ipv4Address;
  /** Start, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Hops from the first router to the target, by TTL; `undefined` for silent ones. */
  readonly hops: readonly (Ipv4Address | undefined)[];
}

/** Most hops of a traceroute: the TTL has eight bits. */
export const MOST_HOPS = 255;
