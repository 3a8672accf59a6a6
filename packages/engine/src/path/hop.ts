import type { Ipv4Address } from '@revtr/net';
import type { Evidence } from './evidence.ts';

/** How a hop was found. */
export type HopTechnique =
  | 'destination'
  | 'atlas'
  | 'atlasBetween'
  | 'recordRoute'
  | 'spoofedRecordRoute'
  | 'timestamp'
  | 'spoofedTimestamp'
  | 'timestampDoubleStamp'
  | 'assumedIntradomain'
  | 'assumedInterdomain';

/** Numbers of the M-Lab archive. */
export const ARCHIVE_HOP_TYPES: Readonly<Record<HopTechnique, number>> = {
  destination: 1,
  atlas: 3,
  atlasBetween: 4,
  recordRoute: 5,
  spoofedRecordRoute: 6,
  timestamp: 7,
  spoofedTimestamp: 8,
  timestampDoubleStamp: 10,
  assumedIntradomain: 11,
  assumedInterdomain: 12,
};

/** How far a hop can be believed: seen by a probe, concluded from probes, or assumed without one. */
export type Trust = 'measured' | 'inferred' | 'assumed';

/**
 * Probes of one round to one target saw different routers: the router before balances load. Or what the destination's packets passed is not
 * what packets of the hop before pass: it does not route by destination alone, or tunnels, or balances.
 */
export type Divergence = 'loadBalancing' | 'notDestinationBased';

/** One hop of a reverse path. */
export interface Hop {
  readonly address: Ipv4Address;
  readonly technique: HopTechnique;
  readonly trust: Trust;
  /**
   * Probability that the router is on the path, 0 to 1. Of a hop that is not on a path yet: that it is when the hop before it is.
   */
  readonly confidence: number;
  readonly evidence: Evidence;
  /**
   * Routers that other probes of the same round saw in this place, behind the same hop: the router before balances load, or does
   * not route by destination alone.
   */
  readonly alternatives?: readonly Ipv4Address[];
  /** Why there are alternatives. */
  readonly divergence?: Divergence;
  /** Others whose probes of the same round saw this router in this place. */
  readonly confirmedBy?: readonly Ipv4Address[];
  /** Whether it was found from an address that stands in for the destination: nothing behind it is called measured. */
  readonly isFromStandIn?: true;
  /** Age of the evidence when it was taken from an earlier measurement, milliseconds; absent when it is this one's own. */
  readonly reusedAgeMs?: number;
}
