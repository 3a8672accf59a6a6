import type { Ipv4Address } from '@revtr/net';
import type { Relation } from '../facts/relations.ts';

/** Why a hop is believed. `at` is the time of the probe or traceroute, milliseconds since the Unix epoch. */
export type Evidence =
  /** The destination of the request. `isSilent` when it has answered nothing, and nothing else shows that it exists. */
  | { readonly type: 'destination'; readonly isSilent?: true }
  /** No further router stamped although slots were left, so the packet reached the source. */
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
      /** How the target was distinguished from the hops before and after it. */
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
  /** The path of a host near the destination that measures (a stand-in). */
  | {
      readonly type: 'proxy';
      readonly destination: Ipv4Address;
      /** What the host shares with the destination. */
      readonly scope: StandInScope;
      /** Whether its path is as long as that of the destination, by the TTL of a reply; absent when that is unknown. */
      readonly isAsLong?: boolean;
      readonly tracerouteId: number;
      readonly platform: AtlasPlatform;
      readonly origin: Ipv4Address;
      readonly at: number;
    }
  /** The path of another host that crosses the network of a hop. */
  | {
      readonly type: 'networkPath';
      /** The hop in whose network the two paths are, and the AS number of that network. */
      readonly target: Ipv4Address;
      readonly network: number;
      readonly tracerouteId: number;
      readonly platform: AtlasPlatform;
      readonly origin: Ipv4Address;
      /** Whether the traceroute was asked for by this measurement. */
      readonly isOnDemand: boolean;
      readonly at: number;
    }
  /** An address of the same /24 that stands in for a silent destination. */
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
      /** What proves that the hop is on the reverse path. */
      readonly proof: TimestampProof;
      readonly at: number;
    }
  | {
      readonly type: 'symmetry';
      /** Hop that the forward traceroute went to. */
      readonly target: Ipv4Address;
      /** Whether this hop came right before `target`, without a silent one between. */
      readonly adjacent: boolean;
      /** Set when the network of this hop is that of the destination. */
      readonly isOfDestination?: true;
      /** Whether this is the gateway of a host: it counts as a router of the network of the host, also if another network announces its address. */
      readonly isGateway: boolean;
      /** Links between the source and this hop on the forward path. Absent for hops that identify no router. */
      readonly links?: number;
      /** What the network of this hop is to that of `target`, where both and their relation are known. */
      readonly relation?: Relation;
      readonly at: number;
    };

/** What a stand-in shares with the destination: the /24, the announced prefix, or the network. */
export type StandInScope = 'subnet' | 'prefix' | 'network';

/** How the turning point between forward and reverse hops of a Record Route answer was found. */
export type TurningPoint = 'stamp' | 'alias' | 'doubleStamp' | 'loop' | 'prefix';

/**
 * What proves a hop by timestamps: its stamp is later than a router needs, or twice; the target was seen not to stamp for others; it stamped on
 * the forward path and on the reverse path; or on the reverse path only.
 */
export type TimestampProof = 'order' | 'honest' | 'bothWays' | 'backOnly';

/** How an address met a traceroute of the atlas. */
export type AtlasMatchKind = 'exact' | 'alias' | 'recordRoute' | 'recordRouteBetween';

/**
 * Who measured a path of the atlas: a vantage point of this system, a probe of RIPE Atlas, a reverse traceroute that came to the source, or
 * somebody else who published a traceroute to a host in the /24 of the source.
 */
export type AtlasPlatform = 'vantagePoint' | 'ripeAtlas' | 'reverseTraceroute' | 'publicTraceroute';
