import type { Destination } from '../routing/routing.ts';

/** Instead of an incoming interface: the router sent the packet, or a host behind it did. */
export const ORIGINATED = -1;
export const FROM_HOST = -2;

/** A packet in transit. */
export interface Transit {
  packet: Uint8Array;
  readonly to: Destination;
  /** What routers that balance per flow see of the packet. */
  readonly flow: number;
  hasOptions: boolean;
  router: number;
  /** Interface it came in by, {@link ORIGINATED} or {@link FROM_HOST}. */
  incoming: number;
  /** When it reaches `router`, milliseconds since the Unix epoch. */
  atMs: number;
  /** Links it has passed. */
  hops: number;
  /** The last router of the tunnel that it is in, when that router chooses its way on. */
  tail: Destination | undefined;
  /** Whether the clock has reached `atMs`, because the next decision depends on the packets that arrive before. */
  isItsTurn: boolean;
}
