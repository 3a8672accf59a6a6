import type { Ipv4Address } from '@revtr/net';
import type { KnowledgeLevel } from './success-rates.ts';

/** A vantage point in the order in which it should be asked. */
export interface RankedVantagePoint {
  readonly address: Ipv4Address;
  /** Stamps that its packets are expected to collect before the target's. */
  readonly distance: number;
  /** What that rests on. */
  readonly level: KnowledgeLevel;
  /** Router by which its packets come into the target's prefix, where that is known. */
  readonly ingress?: Ipv4Address;
  /** Chance that it is within reach of a target that answers. */
  readonly chance: number;
}

/** Which vantage points to ask first. */
export interface VantagePointRanking {
  /** Vantage points believed to be near enough to `target`, best first. */
  rank(target: Ipv4Address): readonly RankedVantagePoint[];
  /** Stamps that a packet from `sender` is expected to collect before the target's; `undefined` when nothing is known. */
  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined;
  /** Learns from an answer: the slot where the way back began, or {@link OUT_OF_REACH}, and all its stamps. */
  observe(sender: Ipv4Address, target: Ipv4Address, distance: number, stamps: readonly Ipv4Address[]): void;
  /** Learns that a target that answers others has not answered this vantage point. */
  observeSilence(sender: Ipv4Address, target: Ipv4Address): void;
  /** Replaces the vantage points to choose from; what is known of others is kept for when they come back. */
  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void;
  /** Orders the vantage points of networks nothing is known about: to be called after a survey. */
  rankGlobally(): void;
}

/** Distance of a target whose way back did not fit into the option. */
export const OUT_OF_REACH = 9;
