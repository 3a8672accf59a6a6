import type { Ipv4Address } from '@revtr/net';
import type { AtlasPlatform } from '../atlas/traceroute.ts';

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

/** Why a hop is believed. */
export type Evidence =
  | { readonly type: 'destination' }
  /** No router stamped behind this point though slots were left: the packet was at the source. */
  | {
      readonly type: 'unfilledRecordRoute';
      readonly target: Ipv4Address;
      readonly sender: Ipv4Address;
      readonly at: number;
    }
  | {
      readonly type: 'recordRoute';
      /** Hop that was probed, and who sent the probe; the source itself, or a spoofer. */
      readonly target: Ipv4Address;
      readonly sender: Ipv4Address;
      /** Position in the option, from 0. */
      readonly slot: number;
      /** How the target was told from the hops before and behind it. */
      readonly turn: TurningPoint;
      /** When the probe was sent, milliseconds since the Unix epoch. */
      readonly at: number;
    }
  | {
      readonly type: 'atlas';
      readonly match: AtlasMatchKind;
      /** Path of the atlas, who measured it, its origin, and when it was measured. */
      readonly tracerouteId: number;
      readonly platform: AtlasPlatform;
      readonly origin: Ipv4Address;
      readonly at: number;
      /** Hop of the reverse path at which it met the traceroute. */
      readonly met: Ipv4Address;
    }
  /** The way of a host that stands beside the destination, and measures. */
  | {
      readonly type: 'proxy';
      readonly destination: Ipv4Address;
      /** What the host shares with the destination. */
      readonly scope: ProxyScope;
      readonly tracerouteId: number;
      readonly platform: AtlasPlatform;
      readonly origin: Ipv4Address;
      readonly at: number;
    }
  /** An address beside a silent destination, which it stands in for. */
  | {
      readonly type: 'nearby';
      readonly destination: Ipv4Address;
      readonly sender: Ipv4Address;
      readonly at: number;
    }
  | {
      readonly type: 'timestamp';
      /** Hop that was probed, and who sent the probe; the source itself, or a spoofer. */
      readonly target: Ipv4Address;
      readonly sender: Ipv4Address;
      /** What proves that the hop lies on the way back. */
      readonly proof: TimestampProof;
      readonly at: number;
    }
  | {
      readonly type: 'symmetry';
      /** Hop that the forward traceroute went to. */
      readonly target: Ipv4Address;
      /** Whether this hop came right before `target`, without a silent one between. */
      readonly adjacent: boolean;
      /** Whether this is the router that a host is behind: in its network, whoever announces the address. */
      readonly isGateway: boolean;
      /** What the network of this hop is to that of `target`, where both and their relation are known. */
      readonly relation?: 'provider' | 'customer' | 'peer';
      readonly at: number;
    };

/** What two hosts have in common: a /24, the announced prefix, or the network. */
export type ProxyScope = 'subnet' | 'prefix' | 'network';

/** How the reverse hops were told from the forward ones in a Record Route answer. */
export type TurningPoint = 'stamp' | 'alias' | 'doubleStamp' | 'loop' | 'prefix';

/**
 * What proves a hop by timestamps: its stamp is later than a router needs, or twice; the target was seen not to stamp for others; it stamped on
 * the way there and on the way back; or on the way back alone.
 */
export type TimestampProof = 'order' | 'honest' | 'bothWays' | 'backOnly';

/** How an address met a traceroute of the atlas. */
export type AtlasMatchKind = 'exact' | 'alias' | 'recordRoute' | 'recordRouteBetween';

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
