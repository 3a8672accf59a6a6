import type { Ipv4Address } from '@revtr/net';
import type { JudgedPair } from '../../judging/judged-pair.ts';
import type { Unit } from './unit.ts';

/**
 * What a destination is: a host that answers pings with options; one that answers plain pings only; one behind a NAT of its own or of its
 * carrier, whether it answers options or not; a router; a host that answers nothing.
 */
export const DESTINATION_KINDS = [
  'host',
  'hostWithoutOptions',
  'behindNat',
  'behindCarrierGradeNat',
  'router',
  'silent',
] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];

/** Packets that were sent before the first measurement, for all sources together. */
export interface PreparationCost {
  /** Record Route pings of the survey, which serves all sources. */
  readonly surveyProbes: number;
  /** Packets of the traceroutes of the atlas. */
  readonly tracerouteProbes: number;
  /** Record Route pings to the hops of the atlas. */
  readonly atlasOptionProbes: number;
}

/** A judged pair of a unit. */
export interface EvaluatedResult extends JudgedPair {
  readonly destination: DestinationKind;
  /** Address of the source. Pairs of one source depend on each other, as do those of one network. */
  readonly source: Ipv4Address;
  /** AS number of the network that announces the destination; 0 if it is not known. Pairs of one network depend on each other. */
  readonly network: number;
  /** How long it waited for spoofed rounds, in virtual time, milliseconds. */
  readonly spoofedRoundsMs: number;
  /** Whether it counts in the figures, and not only in the row of its kind of destination. */
  readonly isUsual: boolean;
}

/** The judged pairs of a unit, and what the preparation cost. */
export interface UnitResult {
  readonly unit: Unit;
  readonly preparation: PreparationCost;
  /** Share of the /24s with hosts in which no host answers pings. */
  readonly silentShare: number;
  readonly pairs: readonly EvaluatedResult[];
}
