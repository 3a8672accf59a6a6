import type { Ipv4Address } from '@revtr/net';
import type { Evidence, StandInScope } from './evidence.ts';

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
  | 'standInSubnet'
  | 'standInPrefix'
  | 'standInNetwork'
  | 'networkPath'
  | 'assumedIntradomain'
  | 'assumedInterdomain';

/**
 * Hop types of the M-Lab archive. It has none for the path of a stand-in, or for that of another host through the same network. Such a path rests on an
 * assumption about networks, so it has the types of assumptions: 11, which is called safe there, within one /24, and 12, which is not,
 * everywhere else.
 */
export const ARCHIVE_HOP_TYPES: Readonly<Record<HopTechnique, number>> = {
  destination: 1,
  atlas: 3,
  atlasBetween: 4,
  recordRoute: 5,
  spoofedRecordRoute: 6,
  timestamp: 7,
  spoofedTimestamp: 8,
  timestampDoubleStamp: 10,
  standInSubnet: 11,
  standInPrefix: 12,
  standInNetwork: 12,
  networkPath: 12,
  assumedIntradomain: 11,
  assumedInterdomain: 12,
};

/** Techniques of hops that a stand-in for the destination showed, by what it shares with the destination. */
export const STAND_IN_TECHNIQUES = {
  subnet: 'standInSubnet',
  prefix: 'standInPrefix',
  network: 'standInNetwork',
} as const satisfies Record<StandInScope, HopTechnique>;

/** A host that was measured in place of a destination that did not answer. */
export interface StandIn {
  readonly address: Ipv4Address;
  /** What it shares with the destination. */
  readonly scope: StandInScope;
}

/** How a hop is known: shown by a probe (`measured`), concluded from probes (`inferred`), or assumed without a probe. */
export type Trust = 'measured' | 'inferred' | 'assumed';

/**
 * Why a place has several routers. `loadBalancing`: probes of one round to one target saw different routers. `notDestinationBased`: packets of
 * the destination took another path than packets of the hop before, which uses more than the destination address, a tunnel or load balancing.
 */
export type Divergence = 'loadBalancing' | 'notDestinationBased';

/** Whether the evidence that shows hop `i` of an extension also shows the hop before. */
export const isContinuation = (hops: readonly Hop[], i: number): boolean =>
  hops[i - 1]?.evidence.type === hops[i]?.evidence.type && i > 0;

/** One hop of a reverse path, or of an extension that is not on a path yet. */
export interface Hop {
  readonly address: Ipv4Address;
  readonly technique: HopTechnique;
  readonly trust: Trust;
  /**
   * Probability that the router is on the path, 0 to 1. For a hop of an extension: the probability given that the hop before it is right.
   */
  readonly confidence: number;
  /**
   * On a path, what evidence of the deployment corrects, 0 to 1: the shipped probability that the hop is right when the hop before it is, and
   * the probability that it is right, which corrected steps and the checks of the path give. `ratio` says how much more likely what was observed about the hop
   * afterwards is where it is right; absent where nothing was observed. The step takes it into account.
   */
  readonly uncorrected?: { readonly step: number; readonly onPath: number; readonly ratio?: number };
  /** Set on a path when one probe or traceroute shows this hop right behind the hop before. */
  readonly isContinuation?: true;
  readonly evidence: Evidence;
  /**
   * Routers that other probes of the same round saw in this place, behind the same hop: the router before balances load, or does
   * not route by destination alone.
   */
  readonly alternatives?: readonly Ipv4Address[];
  /** Why there are alternatives. */
  readonly divergence?: Divergence;
  /** Other senders whose probes of the same round saw this router. */
  readonly confirmedBy?: readonly Ipv4Address[];
  /** The stand-in for the destination that showed the hop. Absent when packets of the destination, or of a later hop, showed it. */
  readonly standIn?: StandIn;
  /** Age of evidence from an earlier measurement, milliseconds; absent when this measurement found it. */
  readonly reusedAgeMs?: number;
}
